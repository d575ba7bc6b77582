"""How many events come, and how long it takes until their handlers are done with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

# Read by the time of the event, by its index: of a day, and not of all that is kept.
_STATEMENT = """
WITH recent AS MATERIALIZED (
    SELECT id, type, occurred_at, occurred_at >= %(now)s - interval '1 hour' AS in_hour
    FROM events_domainevent
    WHERE occurred_at > %(now)s - interval '24 hours' AND occurred_at <= %(now)s
), lag AS (
    SELECT recent.type,
        percentile_cont(ARRAY[0.5, 1.0]) WITHIN GROUP (
            ORDER BY extract(epoch FROM delivery.done_at - recent.occurred_at)
        ) AS seconds
    FROM recent
    JOIN events_eventdelivery delivery ON delivery.event_id = recent.id
    WHERE recent.in_hour AND delivery.done_at IS NOT NULL
    GROUP BY 1
)
SELECT type, count(*) FILTER (WHERE in_hour), count(*), max(seconds[1]), max(seconds[2])
FROM recent LEFT JOIN lag USING (type)
GROUP BY 1 ORDER BY 3 DESC, 1
"""


@dataclass(frozen=True, slots=True)
class Throughput:
    """
    Events of a type in the last hour and the last 24 hours.

    The lags [s] are those of the hour's deliveries that are done, from the event to the end of
    its handler; None: none is done, or nothing handles such events.
    """

    event_type: str
    in_hour: int
    in_day: int
    median_lag_s: float | None
    longest_lag_s: float | None


def read_throughput(now: datetime) -> Sequence[Throughput]:
    """Count the events of the day before `now` by type, the most frequent first."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, {"now": now})
        return [Throughput(*row) for row in cursor.fetchall()]
