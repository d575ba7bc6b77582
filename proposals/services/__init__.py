"""The only writers of proposals, of their terms and of what is said about them."""

from proposals.services.creation import AlreadyProposed, create_proposal
from proposals.services.messages import post_message
from proposals.services.reservations import NotEnoughLeft
from proposals.services.steps import (
    InvalidTransition,
    TermsOutdated,
    expire_overdue,
    move_proposal,
)
from proposals.services.terms import NotNegotiable, confirm_terms, offer_terms

__all__ = [
    "AlreadyProposed",
    "InvalidTransition",
    "NotEnoughLeft",
    "NotNegotiable",
    "TermsOutdated",
    "confirm_terms",
    "create_proposal",
    "expire_overdue",
    "move_proposal",
    "offer_terms",
    "post_message",
]
