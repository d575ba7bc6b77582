"""Areas of many matches on the page of the map."""

import pytest
from django.urls import reverse

from matching import services
from matching.models import MatchCluster
from tests.factories import MatchClusterFactory
from tests.matching.groups import build, group
from tests.matching.region import full_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster() -> MatchCluster:
    build(group(11.0, 55.6, city="Kalundborg"))
    full_run()
    services.compute_clusters()
    return MatchCluster.objects.get()


def areas(browser, **query) -> list[dict]:
    features = browser.get(reverse("map-data"), query).json()["features"]
    return [one for one in features if one["geometry"]["type"] == "MultiPolygon"]


def test_the_map_and_its_list_show_them(client_as, charlie, cluster):
    browser = client_as(charlie)
    (area,) = areas(browser)
    said = area["properties"]
    assert said["id"] == str(cluster.pk)
    assert said["title"] == "Heat around Kalundborg"
    assert said["text"] == "6 matches, 5 organizations"
    assert "EUR" in said["figures"]
    html = browser.get("/map").content.decode()
    assert "Heat around Kalundborg" in html
    assert f'data-area="{cluster.pk}"' in html
    assert "9,000 MWh" in html


def test_they_are_filtered_by_family(client_as, charlie, cluster):
    browser = client_as(charlie)
    assert len(areas(browser, family="energy")) == 1
    assert areas(browser, family="water") == []
    html = browser.get("/map?family=water").content.decode()
    assert "No area has many matches yet" in html


def test_who_has_not_signed_in_sees_none(client, cluster):
    assert areas(client) == []
    assert "Areas of many matches" not in client.get("/map").content.decode()


def test_a_small_one_is_for_facilitators(client_as, charlie, facilitator):
    MatchClusterFactory(contributor_count=2, place="Smallville")
    for user, is_shown in ((charlie, False), (facilitator, True)):
        browser = client_as(user)
        assert bool(areas(browser)) == is_shown
        assert ("Smallville" in browser.get("/map").content.decode()) == is_shown


def test_facilitators_have_them_computed_again(client_as, charlie, facilitator, run_events):
    build(group(11.0, 55.6))
    full_run()
    MatchCluster.objects.all().delete()
    url = reverse("matching:clusters-compute")
    assert client_as(charlie).post(url).status_code == 403
    browser = client_as(facilitator)
    assert url not in client_as(charlie).get("/map").content.decode()
    assert url in browser.get("/map").content.decode()
    assert browser.get(url).status_code == 405
    assert "in a moment" in browser.post(url, follow=True).content.decode()
    run_events()
    assert MatchCluster.objects.exists()
