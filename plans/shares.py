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

    With its half of what is under contract, of which nothing is gained anew: so that all of them
    together invest what the plan does. What an organization avoids is told to its members and
    facilitators only; it is None for others.
    """
    shares = list(plan.shares().by_organization())
    _add_contracts(plan, shares)
    told = organizations_told_of(viewer)
    for share in shares:
        if told is not None and share["organization"] not in told:
            share["avoided_eur_per_year"] = None
    return shares


def _add_contracts(plan: Plan, shares: list[dict[str, Any]]) -> None:
    """Add what is under contract to the shares of both sides, in one query."""
    share_of = {share["organization"]: share for share in shares}
    for row in plan.exchanges.of_contracts():
        for side, avoided in (("output", "disposal"), ("input", "purchase")):
            key = row[f"declared_{side}__organization"]
            if key not in share_of:
                share_of[key] = _nothing(key, row[f"declared_{side}__organization__name"])
                shares.append(share_of[key])
            share_of[key]["avoided_eur_per_year"] += row[avoided]
            share_of[key]["invested_eur"] += row["investment"] / 2


def _nothing(organization_id: UUID, name: str) -> dict[str, Any]:
    numbers = ("avoided_eur_per_year", "invested_eur", "proportional_gain", "fair_gain",
               "standard_error")  # fmt: skip
    who = {"organization": organization_id, "supposed_site": None, "name": name}
    return who | dict.fromkeys(numbers, 0.0)
