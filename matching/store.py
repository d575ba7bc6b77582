"""Between what the kernel says of a pair and the row that keeps it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.utils import timezone

from matching.engine.arrays import COLUMN, COLUMNS, MODES
from matching.models import Match
from organizations.models import Visibility
from turash.events.catalogue import MatchEvent

# Whoever changes matches holds this until commit: lists of different flows share rows.
_MATCHES_LOCK = 0x7475_7262

MONEY = tuple(name for name in COLUMNS if "eur" in name)
_MONEY_PLACES = [COLUMN[name] for name in MONEY]
VALUES = (*COLUMNS, "output_rank", "input_rank", "updated_at")


def lock_matches() -> None:
    """Wait until nobody else changes matches, and keep others out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MATCHES_LOCK])


def round_money(results: np.ndarray) -> None:
    """Round amounts of money to cents, in place: the same way for every row that is kept."""
    results[..., _MONEY_PLACES] = np.round(results[..., _MONEY_PLACES], 2)


def values_of(result: np.ndarray) -> dict[str, Any]:
    """Return the kernel's result as field values: NaN as null, money (rounded) as Decimal."""
    values: dict[str, Any] = {
        name: None if np.isnan(number) else float(number)
        for name, number in zip(COLUMNS, result, strict=True)
    }
    values["transport"] = MODES[int(result[COLUMN["transport"]])]
    for name in MONEY:
        values[name] = Decimal(repr(values[name]))
    return values


def save(matches: Iterable[Match]) -> None:
    """Insert pairs, or bring the rows of known pairs up to date."""
    now = timezone.now()
    rows = list(matches)
    for row in rows:
        row.updated_at = now
    Match.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["output", "input"],
        update_fields=VALUES,
        batch_size=500,
    )


def events_about(event_type: type[MatchEvent], matches: Iterable[Match]) -> list[MatchEvent]:
    """Return an event for each match, for those sides that may see it."""
    keys = [match.pk for match in matches]
    rows = Match.objects.filter(pk__in=keys).values_list(
        "pk",
        "output_id",
        "input_id",
        "output__organization_id",
        "input__organization_id",
        "output__visibility",
        "input__visibility",
        "output__organization__visibility",
        "input__organization__visibility",
    )
    return [
        event_type(
            match_id=match_id,
            output_id=output_id,
            input_id=input_id,
            output_organization_id=_unless_private(giver, input_flow, taker_itself),
            input_organization_id=_unless_private(taker, output_flow, giver_itself),
        )
        for (
            match_id, output_id, input_id, giver, taker,
            output_flow, input_flow, giver_itself, taker_itself,
        ) in rows
    ]  # fmt: skip


def _unless_private(organization_id: UUID, *other_side: str) -> UUID | None:
    return None if Visibility.PRIVATE in other_side else organization_id
