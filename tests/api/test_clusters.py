"""Clusters of matches on the API."""

from itertools import pairwise

import pytest

from matching import services
from matching.models import MatchCluster
from tests.factories import MatchClusterFactory
from tests.matching.groups import build, group
from tests.matching.region import full_run

pytestmark = pytest.mark.django_db

PATH = "/api/v1/matches/clusters"


@pytest.fixture
def cluster() -> MatchCluster:
    build(group(11.0, 55.6, city="Kalundborg"))
    full_run()
    services.compute_clusters()
    return MatchCluster.objects.get()


def places(client, query="") -> list[str]:
    response = client.get(f"{PATH}{query}")
    assert response.status_code == 200, response.content
    return [row["place"] for row in response.json()]


def test_a_cluster_tells_where_and_how_much(api_as, charlie, cluster):
    (row,) = api_as(charlie).get(PATH).json()
    assert set(row) == {
        "id", "name", "resource_type", "place", "area", "centre", "match_count",
        "organization_count", "exchange_count", "quantity", "unit", "savings_eur_per_year",
        "co2_avoided_t_per_year", "computed_at",
    }  # fmt: skip
    assert (row["name"], row["resource_type"]) == ("Heat around Kalundborg", "heat")
    assert (row["match_count"], row["organization_count"], row["exchange_count"]) == (6, 5, 3)
    assert (row["quantity"], row["unit"]) == (9000, "MWh")
    assert row["savings_eur_per_year"] == float(cluster.savings_eur_per_year) > 0
    assert row["area"]["type"] == "MultiPolygon"
    assert row["centre"]["coordinates"] == pytest.approx([11.032, 55.6], abs=0.01)
    assert api_as(charlie).get(f"{PATH}/{row['id']}").json() == row


def test_the_name_is_in_the_readers_language(api_as, charlie, cluster):
    (row,) = api_as(charlie).get(PATH, headers={"Accept-Language": "ru"}).json()
    assert row["name"].startswith("Тепло")


def test_geojson_is_of_areas(api_as, charlie, cluster):
    response = api_as(charlie).get(f"{PATH}?format=geojson")
    assert response["Content-Type"] == "application/geo+json"
    (feature,) = response.json()["features"]
    assert feature["id"] == str(cluster.pk)
    assert feature["geometry"]["type"] == "MultiPolygon"
    (ring,) = feature["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    # Counter-clockwise, as RFC 7946 wants the outer ring.
    assert sum((x2 - x1) * (y2 + y1) for (x1, y1), (x2, y2) in pairwise(ring)) < 0
    assert feature["properties"]["name"] == "Heat around Kalundborg"
    assert "area" not in feature["properties"]


def test_they_are_filtered_by_place_and_type(api_as, charlie, cluster):
    client = api_as(charlie)
    for query in (
        "?bbox=11.0,55.5,11.01,55.7", "?bbox=170,-90,11.03,90", "?near=11.03,55.6&radius_km=1",
        "?resource_type=heat", "?resource_type=heat.steam",
    ):  # fmt: skip
        assert places(client, query) == ["Kalundborg"], query
    for query in (
        "?bbox=11.2,55.5,12,55.7", "?near=11.3,55.6&radius_km=1", "?resource_type=water",
        "?resource_type=heatpump",
    ):  # fmt: skip
        assert places(client, query) == [], query
    assert client.get(f"{PATH}?bbox=1,2").status_code == 400


def test_the_greatest_savings_first_page_by_page(api_as, charlie):
    for place, savings in (("B", 20), ("A", 30), ("C", 10)):
        MatchClusterFactory(place=place, savings_eur_per_year=savings)
    client = api_as(charlie)
    assert places(client) == ["A", "B", "C"]
    page = client.get(f"{PATH}?limit=2&offset=1")
    assert [row["place"] for row in page.json()] == ["B", "C"]
    assert page["X-Total-Count"] == "3"


def test_anonymous_callers_see_none(api, cluster):
    assert api.get(PATH).status_code == 401


def test_small_ones_are_for_facilitators(api_as, charlie, facilitator):
    small = MatchClusterFactory(contributor_count=2)
    assert places(api_as(charlie)) == []
    assert api_as(charlie).get(f"{PATH}/{small.pk}").status_code == 404
    assert places(api_as(facilitator)) == [small.place]
    assert api_as(facilitator).get(f"{PATH}/{small.pk}").status_code == 200
