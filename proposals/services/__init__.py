"""The only writers of proposals and of what is said about them."""

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
from proposals.services.steps import InvalidTransition, expire_overdue, move_proposal

__all__ = [
    "AlreadyProposed",
    "InvalidTransition",
    "TooManyAttachments",
    "create_proposal",
    "expire_overdue",
    "move_proposal",
    "open_attachment",
    "post_attachment",
    "post_message",
    "read_contact",
    "remind_expiring",
    "remove_orphans",
]
