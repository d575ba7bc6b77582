"""Vector tiles: who sees what of them, at every zoom."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from maps import services, tiles
from maps.cells import squares
from maps.filters import Filter
from maps.models import Cell, Count
from maps.places import Tile
from organizations.models import ResourceFlow
from tests.maps.decoding import decode

pytestmark = pytest.mark.django_db

KALUNDBORG = (11.09, 55.68)
EVERYBODY = ["anonymous", "alone", "other", "member", "facilitator"]


def around(zoom: int) -> Tile:
    return Tile.at(*KALUNDBORG, zoom)


@pytest.fixture
def seen(region, api, tmp_path):
    """Return the layers of a tile as somebody sees them."""

    def layers(who: str, zoom: int, **query) -> dict:
        api.force_authenticate(None if who == "anonymous" else region.viewers[who])
        place = around(zoom)
        address = f"/tiles/{place.zoom}/{place.x}/{place.y}.mvt"
        answer = api.get(address, query)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/vnd.mapbox-vector-tile"
        return decode(answer.content, (place.zoom, place.x, place.y), tmp_path)

    return layers


def names(layers: dict, layer: str = "flows", field: str = "name") -> list[str]:
    return sorted(row[field] for row in layers.get(layer, []))


@pytest.mark.parametrize("zoom", [0, 7, 12])
def test_few_flows_are_told_one_by_one_to_who_may_see_them(region, seen, zoom):
    public = ["Heat for tomatoes", "Surplus heat"]
    assert names(seen("anonymous", zoom)) == public
    assert names(seen("alone", zoom)) == public
    assert names(seen("other", zoom, direction="output")) == ["Surplus heat", "network active"]
    own = ["network active", "private active"]
    everything = ["Process water", *own] if zoom == 0 else own
    assert names(seen("member", zoom, family="water")) == everything
    assert names(seen("member", zoom, resource_type="heat", direction="input")) == public[:1]
    assert names(seen("anonymous", zoom, resource_type="no.such")) == []


def test_sites_count_what_the_viewer_sees(region, seen):
    (house, boiler) = sorted(seen("other", 12)["sites"], key=lambda site: site["title"])
    assert (house["title"], house["text"], house["inputs"]) == ("Greenhouse", "House", 1)
    assert (boiler["id"], boiler["outputs"], boiler["inputs"]) == (str(region.boiler.pk), 2, 0)
    assert boiler["organization_id"] == str(region.works.pk)
    assert boiler["shape"].coords == pytest.approx(KALUNDBORG, abs=1e-4)


def test_matches_and_areas_are_for_those_concerned(region, seen):
    for who in ("anonymous", "alone"):
        assert "matches" not in seen(who, 12)
    assert "clusters" not in seen("anonymous", 12)
    for who in ("member", "other", "facilitator"):
        layers = seen(who, 12)
        (match,) = layers["matches"]
        assert (match["id"], match["output"], match["input"]) == (
            str(region.match.pk), "Works", "Greenhouse",
        )  # fmt: skip
        assert match["shape"].geom_type == "LineString"
        assert [area["place"] for area in layers["clusters"]] == ["Kalundborg"]
    assert "matches" not in seen("member", 12, min_score="0.99")
    assert set(seen("member", 12, layers="sites,matches")) == {"sites", "matches"}


@pytest.mark.parametrize("who", EVERYBODY)
def test_squares_hold_as_many_flows_as_lists(region, who, monkeypatch, seen):
    viewer = region.viewers[who]
    monkeypatch.setattr(tiles, "MOST_ALONE", 0)
    for chosen in (
        Filter(), Filter(direction="input"), Filter(family="water"),
        Filter(resource_type="heat", direction="output"),
    ):  # fmt: skip
        flows = chosen.flows(viewer)
        for zoom in (0, 3, services.DEEPEST, 14):
            here = flows if zoom == 0 else flows.in_bbox(*around(zoom).box)
            found = squares(around(zoom), viewer, chosen)
            assert (
                sum(square.outputs for square in found) == here.filter(direction="output").count()
            )
            assert sum(square.inputs for square in found) == here.filter(direction="input").count()
    told = seen(who, 5)
    assert set(told) - {"matches", "clusters"} == {"cells"}
    for square in told["cells"]:
        assert square["shape"].coords == pytest.approx(KALUNDBORG, abs=0.05)


def test_cells_follow_what_has_changed(region):
    before = set(Cell.objects.values_list("pk", flat=True))
    assert services.count_cells() == 5
    # Nothing was written where nothing has changed.
    assert set(Cell.objects.values_list("pk", flat=True)) == before
    ResourceFlow.objects.filter(pk=region.surplus.pk).update(visibility="private")
    ResourceFlow.objects.filter(pk=region.needed.pk).delete()
    assert services.count_cells() == 4
    assert squares(around(9), region.viewers["anonymous"], Filter()) == []
    (own,) = squares(around(9), region.viewers["member"], Filter())
    assert (own.outputs, own.inputs) == (3, 0)


def test_a_count_rests_until_something_is_written(region):
    assert not services.count_if_changed()
    Count.objects.update(writes="other", took_s=0)
    assert services.count_if_changed()
    Count.objects.update(writes="other", took_s=3600)
    assert not services.count_if_changed()


def test_tiles_are_kept_for_each_viewer(region, api):
    address = "/tiles/9/{0.x}/{0.y}.mvt".format(around(9))
    first = api.get(address)
    assert first["Cache-Control"] == "public, max-age=60"
    assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))
    same = api.get(address, headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    with CaptureQueriesContext(connection) as queries:
        assert api.get(address).content == first.content
    assert len(queries) == 0
    api.force_authenticate(region.viewers["member"])
    own = api.get(address)
    assert own["Cache-Control"] == "private, max-age=60"
    assert own["ETag"] != first["ETag"]
    # Who leaves sees no more at once.
    region.viewers["member"].memberships.all().delete()
    assert b"private active" in own.content
    assert b"private active" not in api.get(address).content


def test_what_is_no_tile_is_a_problem(region, api):
    for path, status in [
        ("15/0/0", 404), ("3/8/0", 404), ("3/0/8", 404), ("99999999999/0/0", 404), ("a/0/0", 404),
        ("3/0/0.mvt?layers=noise", 400), ("3/0/0.mvt?direction=up", 400),
        ("3/0/0.mvt?family=x", 400), ("3/0/0.mvt?min_score=2", 400),
        ("3/0/0.mvt?min_score=nan", 400), ("3/0/0.mvt?resource_type=%00", 400),
    ]:  # fmt: skip
        answer = api.get(f"/tiles/{path}" if ".mvt" in path else f"/tiles/{path}.mvt")
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_a_document_says_where_the_tiles_are(region, api):
    said = api.get("/tiles/tiles.json?layers=sites,flows&direction=input").json()
    assert said["tilejson"] == "3.0.0"
    assert said["tiles"] == [
        "http://testserver/tiles/{z}/{x}/{y}.mvt?layers=sites,flows&direction=input"
    ]
    assert [layer["id"] for layer in said["vector_layers"]] == ["sites", "flows"]
    assert said["counted_at"]
    address = said["tiles"][0].format(z=0, x=0, y=0)
    assert api.get(address).status_code == 200
