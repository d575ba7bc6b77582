"""The only writers of proposals, of their terms and of what is said about them."""

from proposals.services.attachments import (
    TooManyAttachments,
    open_attachment,
    post_attachment,
    remove_orphans,
)
from proposals.services.contacts import read_contact
from proposals.services.creation import AlreadyProposed, create_proposal
from proposals.services.messages import post_message
from proposals.services.reminders import remind_expiring
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
    "TooManyAttachments",
    "confirm_terms",
    "create_proposal",
    "expire_overdue",
    "move_proposal",
    "offer_terms",
    "open_attachment",
    "post_attachment",
    "post_message",
    "read_contact",
    "remind_expiring",
    "remove_orphans",
]
