"""Long lists: not counted to the end, and not a row missed; and what is sent is compressed."""

import gzip
import json
import re

import pytest

from tests.factories import ResourceFlowFactory, SiteFactory
from turash.api import pagination
from turash.callers import services

pytestmark = pytest.mark.django_db

FLOWS = "/api/v1/resource-flows"


@pytest.fixture
def flows(alices_organization) -> list[str]:
    site = SiteFactory(organization=alices_organization)
    return [str(ResourceFlowFactory(site=site).pk) for _ in range(7)]


def pages(client, url: str) -> list:
    """Follow the links from page to page."""
    answers = []
    while url:
        answers.append(client.get(url))
        found = re.search(r'<([^>]+)>; rel="next"', answers[-1]["Link"])
        url = found[1] if found else ""
    return answers


@pytest.mark.parametrize(("counted", "limit"), [(1000, 3), (7, 3), (6, 3), (3, 3), (3, 7), (1, 2)])
def test_every_row_is_on_one_page_however_far_one_counts(
    api_as, alice, flows, monkeypatch, counted, limit
):
    monkeypatch.setattr(pagination, "MOST_COUNTED", counted)
    answers = pages(api_as(alice), f"{FLOWS}?limit={limit}")
    assert [row["id"] for answer in answers for row in answer.json()] == flows[::-1]
    assert len(answers) == -(-7 // limit)
    for answer in answers:
        total = int(answer["X-Total-Count"])
        is_estimated = counted < 7
        assert answer.get("X-Total-Count-Estimated") == ("true" if is_estimated else None)
        assert total == 7 if not is_estimated else total > counted
    beyond = api_as(alice).get(f"{FLOWS}?limit={limit}&offset=100")
    assert beyond.json() == []
    assert 'rel="next"' not in beyond["Link"]


def test_a_long_list_is_counted_no_further(
    api_as, alice, flows, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(pagination, "MOST_COUNTED", 3)
    client = api_as(alice)
    # 1 which organizations Alice is in, 2–3 the page and its contaminants, 4 the count up to four,
    # 5 the estimate, 6 whose flows are Alice's own
    with django_assert_num_queries(6):
        client.get(FLOWS)


def test_answers_to_a_get_are_compressed_and_nothing_else(api, client_as, alice, flows):
    _, secret = services.make_token(alice)
    headers = {"Authorization": f"Token {secret}", "Accept-Encoding": "gzip"}
    plain = api.get(FLOWS, headers=headers | {"Accept-Encoding": "identity"})
    small = api.get(FLOWS, headers=headers)
    assert small["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small["Vary"]
    assert len(small.content) < len(plain.content) / 3
    assert json.loads(gzip.decompress(small.content)) == plain.json()
    # The tag names the same version.
    assert small["ETag"] == f"W/{plain['ETag']}"
    assert api.get(FLOWS, headers=headers | {"If-None-Match": small["ETag"]}).status_code == 304
    one = api.get(f"{FLOWS}/{flows[0]}", headers=headers)
    assert one["ETag"].startswith("W/")
    change = {"name": "New"}
    changed = api.patch(f"{FLOWS}/{flows[0]}", change, headers=headers | {"If-Match": one["ETag"]})
    assert changed.status_code == 200
    assert "Content-Encoding" not in changed
    made = api.post("/api/v1/tokens", {"name": "x" * 100}, headers=headers)
    assert "Content-Encoding" not in made
    page = client_as(alice).get("/dashboard", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in page
