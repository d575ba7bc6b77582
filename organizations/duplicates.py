"""Organizations that may be the same: their names are alike."""

from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from organizations.models import Organization

# How many organizations a page looks at, and how many look-alikes it shows of each.
LOOKED_AT = 25
MOST_OF_ONE = 3
# Where thousands are called alike, not all of them are compared.
MOST_COMPARED = 200
# Of 1: trigrams in common. "Nordic Steel AS" and "Nordic Steel A/S" have 0.83, "Nordic Steel" and
# "Nordic Glass" 0.37.
ALIKE = 0.5

# Per organization one walk of the index of trigrams. Of a pair, the one looked at comes first.
_PAIRS = """
SELECT looked_at.id, other.id, other.name, other.likeness, (
    SELECT min(ST_Distance(here.location, there.location))
    FROM organizations_site here, organizations_site there
    WHERE here.organization_id = looked_at.id AND there.organization_id = other.id
)
FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (id, number)
JOIN organizations_organization looked_at USING (id)
CROSS JOIN LATERAL (
    SELECT id, name, similarity(upper(name), upper(looked_at.name)) AS likeness
    FROM (
        SELECT id, name FROM organizations_organization
        WHERE upper(name) %% upper(looked_at.name) AND id <> looked_at.id
        LIMIT %(compared)s
    ) AS compared
    ORDER BY likeness DESC, id
    LIMIT %(most)s
) AS other
ORDER BY other.likeness DESC, wanted.number
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two organizations; `likeness` of 1, `distance_m` of their nearest sites [m]."""

    organization: Organization
    other_id: UUID
    other_name: str
    likeness: float
    distance_m: float | None


def newest_first():
    """Organizations in the order in which they are looked at."""
    return Organization.objects.order_by("-pk")


def pairs_of(organizations: list[Organization]) -> list[Pair]:
    """Return the look-alikes of each of these organizations, the most alike first; each once."""
    by_key = {organization.pk: organization for organization in organizations}
    with transaction.atomic(), connection.cursor() as cursor:
        # The index leaves out what is less alike.
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(ALIKE)])
        cursor.execute(
            _PAIRS, {"ids": list(by_key), "most": MOST_OF_ONE, "compared": MOST_COMPARED}
        )
        rows = cursor.fetchall()
    pairs, seen = [], set()
    for key, other_id, name, likeness, distance in rows:
        if (other_id, key) not in seen:
            seen.add((key, other_id))
            pairs.append(Pair(by_key[key], other_id, name, likeness, distance))
    return pairs
