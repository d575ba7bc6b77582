"""Proposals, their terms, every step they took, and what was said about them."""

from proposals.models.attachment import Attachment, AttachmentDownload
from proposals.models.message import ProposalMessage
from proposals.models.proposal import Proposal
from proposals.models.reminder import ProposalReminder
from proposals.models.terms import ProposalTerms
from proposals.models.transition import ProposalTransition

__all__ = [
    "Attachment",
    "AttachmentDownload",
    "Proposal",
    "ProposalMessage",
    "ProposalReminder",
    "ProposalTerms",
    "ProposalTransition",
]
