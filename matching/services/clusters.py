"""Computing the clusters of matches, all at once."""

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from matching import clustering, store
from matching.clustering import Cluster
from matching.models import MatchCluster
from organizations import permissions
from organizations.ids import new_id
from organizations.models import Organization, Site, User
from turash.events.queue import enqueue

# Whoever computes clusters holds this until commit.
_CLUSTERS_LOCK = 0x7475_7263
# Of a country it takes minutes: who comes meanwhile does not keep a worker waiting.
_COME_BACK_AFTER = timedelta(minutes=1)

# Flows may have been deleted since their matches were read.
_MEMBERS = """
INSERT INTO matching_matchcluster_flows (matchcluster_id, resourceflow_id)
SELECT cluster_id, flow_id FROM unnest(%s::uuid[], %s::uuid[]) member (cluster_id, flow_id)
JOIN organizations_resourceflow flow ON flow.id = flow_id
"""


def request_clusters(*, actor: User | None = None) -> None:
    """
    Have a worker compute the clusters; the actor None is the system itself.

    :raises PermissionDenied: the actor is no facilitator.
    """
    if actor is not None:
        permissions.require(actor.is_facilitator)
    enqueue("matching.tasks.compute_clusters", asked_at=timezone.now())


@transaction.atomic
def compute_clusters(*, asked_at: datetime | None = None) -> None:
    """
    Replace the clusters by those of the matches of now; readers see the old ones until the end.

    A cluster most of whose flows were in one before is that one and keeps its id. Nothing is done
    if they have been computed since `asked_at`; while somebody else computes them, the request is
    put aside.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_CLUSTERS_LOCK])
        if not cursor.fetchone()[0]:
            enqueue(
                "matching.tasks.compute_clusters",
                delay=_COME_BACK_AFTER,
                asked_at=asked_at or timezone.now(),
            )
            return
    if asked_at is not None and MatchCluster.objects.filter(computed_at__gte=asked_at).exists():
        return
    now = timezone.now()
    found = clustering.find()
    keys, places = _keys(found), _places(found)
    # Deletions of flows wait for this lock, so that members refer to flows that exist.
    store.lock_matches()
    MatchCluster.objects.all().delete()
    MatchCluster.objects.bulk_create(
        MatchCluster(
            id=key,
            resource_type_id=cluster.type_id,
            place=place,
            area=cluster.area,
            centre=cluster.centre,
            match_count=cluster.match_count,
            organization_count=len(cluster.organizations),
            exchange_count=cluster.exchange_count,
            contributor_count=len(cluster.contributors),
            quantity_per_year=cluster.quantity_per_year,
            savings_eur_per_year=cluster.savings_eur_per_year,
            co2_avoided_t_per_year=cluster.co2_avoided_t_per_year,
            computed_at=now,
        )
        for cluster, key, place in zip(found, keys, places, strict=True)
    )
    members = [
        (key, flow) for cluster, key in zip(found, keys, strict=True) for flow in cluster.flows
    ]
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, [[key for key, _ in members], [flow for _, flow in members]])


def _keys(found: list[Cluster]) -> list[UUID]:
    """Return for each the id of the cluster with which it shares more than half of all members."""
    rows = MatchCluster.flows.through.objects.values_list("resourceflow_id", "matchcluster_id")
    known: dict[UUID, UUID] = dict(rows)
    sizes = Counter(known.values())
    return [_key(cluster, known, sizes) for cluster in found]


def _key(cluster: Cluster, known: dict[UUID, UUID], sizes: Counter[UUID]) -> UUID:
    shared = Counter(known[flow] for flow in cluster.flows if flow in known)
    for key, count in shared.most_common(1):
        # At most one old and one new cluster can have so much in common.
        if 2 * count > sizes[key] + len(cluster.flows) - count:
            return key
    return new_id()


def _places(found: list[Cluster]) -> list[str]:
    """
    Return for each the city of most of its sites, else the organization of its largest site.

    Where this would call two clusters of a resource the same, it is both.
    """
    sites = Site.objects.in_bulk({site for cluster in found for site in cluster.sites})
    largest = [
        max(cluster.sites, key=lambda site: (cluster.sites[site], sites[site].name, site))
        for cluster in found
    ]
    names = Organization.objects.in_bulk({sites[site].organization_id for site in largest})
    owners = [names[sites[site].organization_id].name for site in largest]
    cities = [_city([sites[site].city for site in cluster.sites]) for cluster in found]
    taken = Counter(
        (cluster.type_id, city) for cluster, city in zip(found, cities, strict=True) if city
    )
    return [
        owner if not city else city if taken[cluster.type_id, city] == 1 else f"{city}, {owner}"
        for cluster, city, owner in zip(found, cities, owners, strict=True)
    ]


def _city(cities: list[str]) -> str:
    """Return the city of at least half of the sites, or nothing."""
    ((city, count),) = Counter(sorted(cities)).most_common(1)
    return city if 2 * count >= len(cities) else ""
