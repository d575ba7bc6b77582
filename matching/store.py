"""What all who change matches share: their lock, and the events about them."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from matching.lists import PairIds
from organizations.models import ResourceFlow, Visibility
from turash.events.catalogue import MatchEvent

# Whoever changes matches holds this until commit: lists of different flows depend on each other.
_MATCHES_LOCK = 0x7475_7262


def lock_matches() -> None:
    """Wait until nobody else changes matches, and keep others out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MATCHES_LOCK])


def events_about(event_type: type[MatchEvent], pairs: Iterable[PairIds]) -> list[MatchEvent]:
    """Return an event for each pair, for those sides that may see it."""
    pairs = list(pairs)
    keys = {key for pair in pairs for key in (pair.output_id, pair.input_id)}
    flows = (
        {
            flow_id: (organization_id, Visibility.PRIVATE in visibility)
            for flow_id, organization_id, *visibility in ResourceFlow.objects.filter(
                pk__in=keys
            ).values_list("pk", "organization_id", "visibility", "organization__visibility")
        }
        if keys
        else {}
    )
    return [
        event_type(
            match_id=pair.match_id,
            output_id=pair.output_id,
            input_id=pair.input_id,
            output_organization_id=_unless_private(flows[pair.output_id], flows[pair.input_id]),
            input_organization_id=_unless_private(flows[pair.input_id], flows[pair.output_id]),
        )
        for pair in pairs
    ]


def _unless_private(own: tuple[UUID, bool], other: tuple[UUID, bool]) -> UUID | None:
    return None if other[1] else own[0]
