"""The conversation about a proposal."""

from django.db import transaction
from django.utils.translation import gettext as _

from organizations.models import User
from proposals import permissions
from proposals.models import Proposal, ProposalMessage
from proposals.services import limits
from turash.events.catalogue import ProposalMessagePosted
from turash.events.publishers import publish


@transaction.atomic
def post_message(
    *, proposal: Proposal, actor: User, text: str, is_with_file: bool = False
) -> ProposalMessage:
    """
    Write to the other side; possible in every status, as the conversation belongs to the record.

    :raises PermissionDenied: the actor acts for neither side.
    :raises ValidationError: the text is empty or too long.
    :raises TooManyRequests: the actor writes too often.
    """
    organization_id = permissions.act_for(
        actor, proposal, _("Only owners and managers of the two sides write here.")
    )
    # Files have a limit of their own.
    if not is_with_file:
        limits.spend(limits.MESSAGES, actor)
    message = ProposalMessage(
        proposal=proposal, author=actor, organization_id=organization_id, text=text.strip()
    )
    message.full_clean(exclude=["proposal", "author", "organization"])
    message.save(force_insert=True)
    publish(
        ProposalMessagePosted(
            proposal_id=proposal.pk,
            from_organization_id=proposal.from_organization_id,
            to_organization_id=proposal.to_organization_id,
            message_id=message.pk,
        )
    )
    return message
