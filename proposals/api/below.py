"""What views of things that belong to a proposal share."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404

from proposals.models import Proposal
from turash.api.views import ConditionalMixin


class BelowProposal(ConditionalMixin):
    """
    Honours `If-Match` with the tag of the list at the address of a POST.

    The proposal is locked meanwhile: of two who send the same tag one is told.
    """

    request: Any
    kwargs: dict[str, Any]

    def proposal(self) -> Proposal:
        """Return the proposal of the path, if the caller may see it; else answer 404."""
        return visible_proposal(self.request.user, self.kwargs["proposal_id"])

    def hold_target(self) -> None:
        proposals = Proposal.objects.select_for_update(no_key=True)
        proposals.filter(pk=self.proposal().pk).values_list("pk").first()


def visible_proposal(viewer: Any, proposal_id: UUID) -> Proposal:
    """Return a proposal with what is shown of it; 404 where the viewer may not see it."""
    return get_object_or_404(Proposal.objects.visible_to(viewer).for_display(), pk=proposal_id)
