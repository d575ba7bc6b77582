"""Areas of many matches: which sites belong together, what they come to, and who sees it."""

import math
import random
from operator import attrgetter

import psycopg
import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import DataError, connection
from django_q.models import OrmQ

from matching import services
from matching.models import Match, MatchCluster, MatchDismissal, PartnerList
from organizations.models import Organization, ResourceFlow
from tests.factories import OrganizationFactory
from tests.matching.groups import beside, build, group, plant
from tests.matching.region import full_run

pytestmark = pytest.mark.django_db


def compute() -> list[MatchCluster]:
    full_run()
    services.compute_clusters()
    return list(MatchCluster.objects.order_by("centre"))


def seen() -> set[tuple]:
    """The clusters, told without ids."""
    return {
        (
            row.place,
            frozenset(flow.site.name for flow in row.flows.all()),
            row.match_count,
            row.organization_count,
            row.exchange_count,
            row.savings_eur_per_year,
            round(row.quantity_per_year, 6),
            round(row.co2_avoided_t_per_year, 6),
        )
        for row in MatchCluster.objects.all()
    }


NOISE = [
    # A pair by itself; one that is near a group, but farther than a step.
    (beside(11.6, 55.2, 0, 0), "output", 500, {}),
    (beside(11.6, 55.2, 900, 0), "input", 500, {}),
    (beside(11.0, 55.6, 0, 6500), "input", 200, {}),
]
TWO_GROUPS = [
    *group(11.0, 55.6, city="Kalundborg"),
    *group(12.0, 55.9, city="Hillerød"),
    *NOISE,
]


class TestGroups:
    def test_two_groups_and_noise_are_two_clusters_with_their_sums(self):
        build(TWO_GROUPS)
        compute()
        west, east = MatchCluster.objects.order_by("place").reverse()
        assert [west.name, east.name] == ["Heat around Kalundborg", "Heat around Hillerød"]
        for cluster in (west, east):
            flows = set(cluster.flows.values_list("pk", flat=True))
            inside = list(Match.objects.for_display().filter(output__in=flows, input__in=flows))
            assert len(flows) == 5
            assert cluster.match_count == len(inside) == 6
            assert all(match.savings_eur_per_year > 0 for match in inside)
            assert cluster.organization_count == cluster.contributor_count == 5
            # Each of the three inputs is served once, though two outputs fit it.
            best = [
                max(
                    (m for m in inside if m.input_id == key), key=attrgetter("savings_eur_per_year")
                )
                for key in {match.input_id for match in inside}
            ]
            assert cluster.exchange_count == len(best) == 3
            assert cluster.quantity_per_year == 9000
            assert cluster.savings_eur_per_year == sum(m.savings_eur_per_year for m in best) > 0
            co2 = sum(match.co2_avoided_t_per_year for match in best)
            assert cluster.co2_avoided_t_per_year == pytest.approx(co2)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_the_order_of_insertion_changes_nothing(self, seed):
        # The two groups are twice a step apart, and a site lies at the edge of each between them.
        plans = [*group(11.0, 55.6), *group(11.16, 55.6), *NOISE]
        plans += [(beside(11.0, 55.6, 5900, 0), "input", 50, {})]
        plans += [(beside(11.16, 55.6, -1900, 0), "input", 50, {})]
        build(plans)
        compute()
        first = seen()
        assert len(first) == 2
        PartnerList.objects.all().delete()
        ResourceFlow.objects.all().delete()
        Organization.objects.all().delete()
        random.Random(seed).shuffle(plans)
        build(plans)
        compute()
        assert seen() == first

    @pytest.mark.parametrize(
        ("longitude", "latitude"),
        [(33.08, 69.0), (179.98, -16.8), (-179.998, 66.0), (15.6, 78.2), (-68.3, -54.8)],
        ids=["Murmansk", "Fiji", "Chukotka", "Svalbard", "Ushuaia"],
    )
    def test_a_step_is_two_kilometres_everywhere(self, longitude, latitude):
        build(group(longitude, latitude, step_m=1960))
        (cluster,) = compute()
        assert cluster.match_count == 6
        assert cluster.centre.distance(beside(longitude, latitude, 3920, 0)) < 0.01
        # As long as the row with its margin, and as wide as the margin on both sides.
        assert area_m2(cluster) == pytest.approx(4 * 1960 * 500 + math.pi * 250**2, rel=0.03)
        west, _, east, _ = cluster.area.extent
        assert -180 <= west < east <= 180
        # Two parts where the 180th meridian cuts it.
        assert len(cluster.area) == (2 if 180 - abs(longitude) < 0.05 else 1)

    @pytest.mark.parametrize("latitude", [0.0, 55.6, 69.0, -54.8])
    def test_a_longer_step_leaves_no_group(self, latitude):
        build(group(20.0, latitude, step_m=2060))
        assert compute() == []

    def test_trees_and_transports_are_apart(self):
        build(group(11.0, 55.6))
        build(group(11.0, 55.603, type_code="water"))
        build(group(11.0, 55.606, type_code="mineral.fly_ash"))
        compute()
        codes = MatchCluster.objects.order_by("resource_type__code")
        assert list(codes.values_list("resource_type__code", "match_count")) == [
            ("heat", 6), ("water", 6),
        ]  # fmt: skip

    def test_steam_that_serves_heat_is_of_the_tree_of_heat(self):
        plans = [
            (place, way, amount, {"type_code": "heat.steam" if way == "output" else "heat"})
            for place, way, amount, _ in group(11.0, 55.6)
        ]
        build(plans)
        (cluster,) = compute()
        assert (cluster.resource_type.code, cluster.match_count) == ("heat", 6)

    def test_few_matches_are_no_cluster(self):
        build(group(11.0, 55.6)[:4])
        assert compute() == []

    def test_what_a_side_has_dismissed_does_not_count(self, alice):
        build(group(11.0, 55.6))
        full_run()
        for match in Match.objects.all()[:2]:
            MatchDismissal.objects.create(
                output=match.output,
                input=match.input,
                organization=match.input.organization,
                reason="A road lies between.",
                dismissed_by=alice,
            )
        assert compute() == []

    def test_a_group_without_a_city_is_called_after_its_largest_organization(self):
        build(group(11.0, 55.6))
        (cluster,) = compute()
        assert cluster.name.startswith("Heat around Plant at 11.0")

    def test_two_groups_in_one_city_have_two_names(self):
        build([*group(11.0, 55.6, city="Aarhus"), *group(11.0, 55.7, city="Aarhus")])
        compute()
        names = {row.place for row in MatchCluster.objects.all()}
        assert len(names) == 2
        assert all(name.startswith("Aarhus, Plant at 11.0") for name in names)


def area_m2(cluster: MatchCluster) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ST_Area(area::geography) FROM matching_matchcluster WHERE id = %s",
            [cluster.pk],
        )
        return cursor.fetchone()[0]


class TestSums:
    def test_no_unit_is_given_away_twice(self):
        # 10 and 10 GWh for three that need 7: two can be served.
        plans = group(11.0, 55.6)
        build([(p, way, 7000 if way == "input" else amount, f) for p, way, amount, f in plans])
        (cluster,) = compute()
        assert (cluster.match_count, cluster.exchange_count) == (6, 2)
        assert cluster.quantity_per_year == 14_000

    def test_what_costs_money_is_in_no_sum(self):
        build(group(11.0, 55.6))
        # What everybody pays today is nothing: a pipe cannot pay.
        ResourceFlow.objects.update(current_cost_per_unit=0)
        full_run()
        services.compute_clusters()
        cluster = MatchCluster.objects.get()
        assert (cluster.match_count, cluster.exchange_count) == (6, 0)
        assert cluster.savings_eur_per_year == 0


class TestAgain:
    def test_the_same_matches_give_the_same_rows(self):
        build(TWO_GROUPS)
        compute()
        before = list(MatchCluster.objects.order_by("pk").values())
        services.compute_clusters()
        after = list(MatchCluster.objects.order_by("pk").values())
        for row in before + after:
            del row["computed_at"]
        assert after == before

    def test_one_more_member_keeps_the_id_and_a_lost_group_goes(self):
        flows = build(TWO_GROUPS)
        compute()
        west = MatchCluster.objects.get(place="Kalundborg")
        plant(beside(11.0, 55.6, 0, 500), "input", 100)
        for flow in flows[5:10]:
            flow.delete()
        compute()
        cluster = MatchCluster.objects.get()
        assert (cluster.pk, cluster.match_count) == (west.pk, 8)

    def test_a_failure_leaves_the_old_ones(self, monkeypatch):
        build(TWO_GROUPS)
        compute()
        before = set(MatchCluster.objects.values_list("pk", "computed_at"))

        monkeypatch.setattr("matching.services.clusters._MEMBERS", "SELECT %s, %s, 1 / 0")
        with pytest.raises(DataError):
            services.compute_clusters()
        assert set(MatchCluster.objects.values_list("pk", "computed_at")) == before

    def test_a_full_run_renews_them_and_many_requests_are_one_work(self, run_events, facilitator):
        build(group(11.0, 55.6))
        run_events()
        assert not MatchCluster.objects.exists()
        services.request_run(actor=facilitator)
        run_events()
        cluster = MatchCluster.objects.get()
        services.compute_clusters(asked_at=cluster.computed_at)
        assert MatchCluster.objects.get().computed_at == cluster.computed_at
        services.request_clusters(actor=facilitator)
        run_events()
        assert MatchCluster.objects.get().computed_at > cluster.computed_at

    def test_who_asks_while_they_are_computed_keeps_no_worker_waiting(self):
        build(TWO_GROUPS)
        full_run()
        waiting = OrmQ.objects.count()
        with psycopg.connect(**connection.get_connection_params()) as other:
            other.execute("SELECT pg_advisory_xact_lock(%s)", [0x7475_7263])
            services.compute_clusters()
        assert not MatchCluster.objects.exists()
        assert OrmQ.objects.count() == waiting + 1
        services.compute_clusters()
        assert MatchCluster.objects.count() == 2


class TestWhoSeesWhat:
    @pytest.fixture
    def cluster(self) -> MatchCluster:
        build(group(11.0, 55.6, city="Kalundborg"))
        (cluster,) = compute()
        return cluster

    def visible_to(self, viewer) -> bool:
        return MatchCluster.objects.visible_to(viewer).exists()

    def test_who_has_signed_in_sees_them(self, cluster, alice, facilitator, django_user_model):
        outsider = django_user_model.objects.create_user(email="otto@example.org")
        assert self.visible_to(alice)
        assert self.visible_to(outsider)
        assert self.visible_to(facilitator)
        assert not self.visible_to(AnonymousUser())

    @pytest.mark.parametrize("visibility", ["private", "network"])
    @pytest.mark.parametrize("of", ["flow", "organization"])
    def test_what_is_not_public_shapes_nothing(self, cluster, alice, facilitator, of, visibility):
        flow = cluster.flows.filter(direction="input").first()
        hidden = flow if of == "flow" else flow.organization
        type(hidden).objects.filter(pk=hidden.pk).update(visibility=visibility)
        # At once: the sums still tell of it.
        assert not self.visible_to(alice)
        assert self.visible_to(facilitator)
        services.compute_clusters()
        assert not MatchCluster.objects.exists()

    def test_sums_of_two_organizations_are_for_facilitators(self, cluster, alice, facilitator):
        giver, taker = OrganizationFactory(name="Giver"), OrganizationFactory(name="Taker")
        for flow in cluster.flows.select_related("site"):
            owner = giver if flow.direction == "output" else taker
            type(flow.site).objects.filter(pk=flow.site_id).update(organization=owner)
        (cluster,) = compute()
        assert (cluster.organization_count, cluster.contributor_count) == (2, 2)
        assert not self.visible_to(alice)
        assert self.visible_to(facilitator)
