"""With whose eyes a plan looks: those of all who may read it, whoever has asked for it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from organizations.models import Organization


@dataclass(frozen=True)
class Readers:
    """What QuerySets and viewpoints ask of a viewer, of those who read a plan."""

    organizations: QuerySet[Organization]
    is_facilitator: bool


def readers_of(organization: Organization | None) -> Any:
    """
    Return who reads plans for an organization, to be taken for a user: its members.

    Facilitators read them, too, and see no more than these do. Plans of all (None) are read by
    facilitators alone.
    """
    own = Organization.objects.filter(pk=organization.pk if organization else None)
    return Readers(own, is_facilitator=organization is None)
