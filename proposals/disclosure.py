"""With whom an organization has agreed on an exchange: the last step of what is disclosed."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from organizations import disclosure
from organizations.models.stage import Stage
from proposals.models import Proposal
from proposals.states import Status

AGREED = (
    Status.ACCEPTED, Status.NEGOTIATING, Status.CONTRACTED, Status.LIVE, Status.COMPLETED,
)  # fmt: skip


@disclosure.finds(Stage.ACCEPTED)
def agreed_with(organization_ids: Collection[UUID]) -> set[UUID]:
    """Return the other sides of the proposals of some organizations that are accepted or more."""
    agreed = Proposal.objects.filter(
        Q(from_organization__in=organization_ids) | Q(to_organization__in=organization_ids),
        status__in=AGREED,
    ).values_list("from_organization", "to_organization")
    return {side for pair in agreed.distinct() for side in pair} - set(organization_ids)
