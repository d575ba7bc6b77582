"""What each organization has of a plan, as far as a reader may know."""

from typing import Any
from uuid import UUID

from organizations.permissions import Actor
from plans.models import Plan


def organizations_told_of(viewer: Actor) -> set[UUID] | None:
    """
    Return whose own affairs a reader may know: costs, and what is left of flows; None: of all.

    What is left tells what is under contract elsewhere.
    """
    if viewer.is_facilitator:  # type: ignore[union-attr]  # plans are for who has signed in
        return None
    return set(viewer.organizations.values_list("pk", flat=True))  # type: ignore[union-attr]


def shares_of(plan: Plan, *, viewer: Actor) -> list[dict[str, Any]]:
    """
    Return a dict for each organization, who gains most first.

    What an organization avoids is told to its members and facilitators only; it is None for others.
    """
    shares = list(plan.shares().by_organization())
    told = organizations_told_of(viewer)
    for share in shares:
        if told is not None and share["organization"] not in told:
            share["avoided_eur_per_year"] = None
    return shares
