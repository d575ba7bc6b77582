"""How far a viewer has come with an organization: the one place that decides what is disclosed."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from matching.models import Match
from organizations.models.contact import STAGES, Stage
from organizations.permissions import Actor
from proposals.models import Proposal
from proposals.states import Status

AGREED = (
    Status.ACCEPTED, Status.NEGOTIATING, Status.CONTRACTED, Status.LIVE, Status.COMPLETED,
)  # fmt: skip


def stage_of(viewer: Actor, organization_id: UUID) -> Stage:
    """Return the furthest stage that one of the viewer's organizations has reached."""
    if isinstance(viewer, AnonymousUser):
        return Stage.PUBLIC
    own = list(viewer.organizations.values_list("pk", flat=True))
    agreed = Proposal.objects.filter(
        Q(from_organization=organization_id, to_organization__in=own)
        | Q(to_organization=organization_id, from_organization__in=own),
        status__in=AGREED,
    )
    if agreed.exists():
        return Stage.ACCEPTED
    matched = Match.seen.of_organizations(own).filter(
        Q(output__organization=organization_id) | Q(input__organization=organization_id)
    )
    return Stage.MATCHED if matched.exists() else Stage.PUBLIC


def is_disclosed(disclosed_from: str, stage: Stage) -> bool:
    """Whether what is disclosed from a stage on is disclosed at another one."""
    if disclosed_from == Stage.NEVER:
        return False
    return STAGES.index(stage) >= STAGES.index(Stage(disclosed_from))
