"""The peers of the matching benchmark find what Turash finds, and a difference would be seen."""

import pytest
from django.conf import settings
from django.db import connection

from matching.models import MatchingRun
from organizations.models import ResourceFlow
from tests.bench import hotmaps
from tests.bench.country import Country
from tests.bench.peers import arrays, go_program, lists, orm, sql_statement, turash
from tests.bench.peers.compare import compare
from tests.factories import ResourceFlowFactory
from tests.matching.region import Region, full_run

pytestmark = pytest.mark.django_db

HOTMAPS = settings.BASE_DIR.parent / "shared/data/hotmaps/Industrial_Database_full_2019.csv"
needs_go = pytest.mark.skipif(not go_program.is_available(), reason="there is no Go compiler")
PEERS = [
    pytest.param(orm, id="orm"),
    pytest.param(sql_statement, id="sql"),
    pytest.param(arrays, id="numpy"),
    pytest.param(go_program, id="go", marks=needs_go),
]


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_finds_what_turash_finds(peer):
    Region(1, flow_count=200)
    full_run()
    turash.turash_lists()
    timings = peer.run()
    compared = compare(peer.PEER, turash.PEER)
    assert compared.agrees, compared.first
    assert compared.equal > 60
    assert timings.flows == ResourceFlow.objects.active().count()
    assert timings.sample is None


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_agrees_on_a_country(peer):
    Country(290).settle()
    full_run()
    turash.turash_lists()
    peer.run()
    compared = compare(peer.PEER, turash.PEER)
    assert compared.agrees, compared.first
    assert compared.equal > 150


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_bears_that_there_is_nothing(peer):
    assert peer.run().flows == 0


def test_the_pairs_near_are_those_of_fitting_types_and_other_owners_in_reach():
    output = ResourceFlowFactory(direction="output", type_code="heat.steam")
    ResourceFlowFactory(direction="input", type_code="heat")
    ResourceFlowFactory(direction="input", type_code="heat", site=output.site)
    ResourceFlowFactory(direction="input", type_code="cooling")
    assert arrays.run().pairs_near == 1


def test_a_sample_is_compared_for_itself_and_extrapolated():
    Region(3, flow_count=200)
    full_run()
    turash.turash_lists()
    timings = orm.run(sample=10)
    assert timings.sample == 10
    assert timings.flows == ResourceFlow.objects.active().count()
    compared = compare(orm.PEER, turash.PEER, only_sampled=True)
    assert compared.agrees
    assert 0 < compared.flows <= 10


class TestComparison:
    """One flow with two partners, in the lists of `one` and `other`."""

    @pytest.fixture
    def flow(self):
        return ResourceFlowFactory(direction="output", max_distance_km=5)

    @pytest.fixture
    def partners(self):
        return [ResourceFlowFactory(direction="input") for _ in range(2)]

    @staticmethod
    def write(peer: str, flow, *entries) -> None:
        with connection.cursor() as cursor:
            lists.create(cursor, peer)
            partners, scores, distances = (list(column) for column in zip(*entries, strict=True))
            cursor.execute(
                f"INSERT INTO {lists.table(peer)} VALUES (%s, %s, %s, %s)",
                [flow.pk, [partner.pk for partner in partners], scores, distances],
            )
            lists.finish(cursor, peer)

    def verdict(self) -> tuple[int, int, int, int]:
        compared = compare("one", "other")
        assert compared.agrees == (not compared.first)
        return compared.equal, compared.swapped, compared.at_limit, compared.different

    def test_the_same_is_equal(self, flow, partners):
        for peer in ("one", "other"):
            self.write(peer, flow, (partners[0], 0.9, 10.0), (partners[1], 0.8, 20.0))
        assert self.verdict() == (1, 0, 0, 0)

    def test_a_score_that_is_off_by_more_than_rounding_differs(self, flow, partners):
        self.write("one", flow, (partners[0], 0.9, 10.0))
        self.write("other", flow, (partners[0], 0.9 + 2e-9, 10.0))
        assert self.verdict() == (0, 0, 0, 1)

    def test_equal_scores_may_swap(self, flow, partners):
        self.write("one", flow, (partners[0], 0.9, 10.0), (partners[1], 0.9, 10.0))
        self.write("other", flow, (partners[1], 0.9, 10.0), (partners[0], 0.9, 10.0))
        assert self.verdict() == (0, 1, 0, 0)

    def test_other_scores_may_not_swap(self, flow, partners):
        self.write("one", flow, (partners[0], 0.9, 10.0), (partners[1], 0.8, 10.0))
        self.write("other", flow, (partners[1], 0.9, 10.0), (partners[0], 0.8, 10.0))
        assert self.verdict() == (0, 0, 0, 1)

    def test_who_is_equal_to_the_last_may_be_another(self, flow, partners):
        self.write("one", flow, (partners[0], 0.9, 10.0))
        self.write("other", flow, (partners[1], 0.9, 10.0))
        assert self.verdict() == (0, 1, 0, 0)

    def test_who_is_missing_differs(self, flow, partners):
        self.write("one", flow, (partners[0], 0.9, 10.0))
        self.write("other", flow, (partners[0], 0.9, 10.0), (partners[1], 0.8, 20.0))
        assert self.verdict() == (0, 0, 0, 1)

    def test_who_is_missing_at_the_limit_of_distance_is_told_apart(self, flow, partners):
        self.write("one", flow, (partners[0], 0.9, 10.0))
        self.write("other", flow, (partners[0], 0.9, 10.0), (partners[1], 0.8, 4999.9999))
        assert self.verdict() == (0, 0, 1, 0)

    def test_a_flow_that_only_one_knows_differs(self, flow, partners):
        self.write("one", flow, (partners[0], 0.9, 10.0))
        self.write("other", partners[0], (flow, 0.9, 10.0))
        assert self.verdict() == (0, 0, 0, 2)


class TestCountry:
    def test_is_the_same_each_time(self):
        def settled() -> list:
            Region.clear()
            Country(40).settle()
            fields = [
                field.attname
                for field in ResourceFlow._meta.concrete_fields
                if field.attname not in {"created_at", "updated_at", "number"}
            ]
            return list(ResourceFlow.objects.order_by("pk").values_list(*fields))

        assert settled() == settled()

    def test_states_what_flows_can_state(self):
        Country(2000).settle()
        flows = ResourceFlow.objects.all()
        assert flows.count() == 2000
        assert flows.values("resource_type").distinct().count() >= 20
        nullable = [
            field.name
            for field in ResourceFlow._meta.concrete_fields
            if field.null and field.name not in {"min_amount", "price_per_unit"}
        ]
        for name in nullable:
            assert 0 < flows.filter(**{f"{name}__isnull": True}).count() < 2000, name
        for flow in flows[:50]:
            flow.full_clean()
        for name in ("direction", "status", "visibility", "precision_level", "hazardous"):
            assert flows.values(name).distinct().count() > 1, name
        for name in ("hours_of_week", "months", "methods", "currency", "unit"):
            assert flows.values(name).distinct().count() > 1, name
        assert flows.filter(contaminants__isnull=False).exists()

    def test_each_output_of_the_dense_city_has_so_many_inputs_in_reach(self):
        Country(100, dense_candidates=1000).settle()
        assert ResourceFlow.objects.count() == 1102
        dense = ResourceFlow.objects.filter(location__dwithin=("POINT(70 55)", 100_000))
        assert {flow.status for flow in dense} == {"active"}
        outputs = dense.filter(direction="output")
        assert outputs
        for output in outputs:
            near = dense.filter(
                direction="input",
                resource_type=output.resource_type,
                location__dwithin=(
                    output.location,
                    output.resource_type.max_distance_km * 1000,
                ),
            )
            assert near.count() == 1000
        assert {flow.max_distance_km for flow in dense} == {None}


@pytest.mark.skipif(
    not HOTMAPS.exists(), reason="the Hotmaps database (../shared/data/hotmaps) is not here"
)
@pytest.mark.parametrize("peer", [arrays, sql_statement])
def test_a_peer_agrees_on_real_industry(peer):
    hotmaps.settle(hotmaps.file_named(str(HOTMAPS)))
    full_run()
    turash.turash_lists()
    peer.run()
    compared = compare(peer.PEER, turash.PEER)
    assert compared.agrees, compared.first
    assert compared.equal > 500


def test_the_second_data_set_has_to_be_named(monkeypatch):
    monkeypatch.delenv(hotmaps.VARIABLE, raising=False)
    with pytest.raises(FileNotFoundError, match="HOTMAPS_FILE"):
        hotmaps.file_named(None)


def test_turash_itself_is_timed():
    Region(4, flow_count=60)
    timings = turash.run()
    assert MatchingRun.objects.get().status == "finished"
    assert timings.total_s >= timings.compute_s > 0
