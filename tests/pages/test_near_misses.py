"""Who nearly fits a flow, and what stands in the way, on the flow's page."""

from datetime import date

import pytest
from django.urls import reverse

from matching import near_misses
from matching.engine import near_misses as kernel
from matching.models import MatchDismissal
from organizations.hours import HoursOfWeek
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db

NEXT_DOOR = "POINT(11.1 55.68)"


@pytest.fixture
def ours(alices_organization):
    """Alice's hot water, at 60 °C."""
    return ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization),
        temperature_celsius_min=60,
        temperature_celsius_max=60,
    )


def taker(organization=None, location=NEXT_DOOR, **fields):
    """A flow that nearly fits Alice's: next door, but 85 °C are needed."""
    site = SiteFactory(organization=organization or OrganizationFactory(), location=location)
    fields = {"type_code": "heat", "temperature_celsius_min": 85} | fields
    return ResourceFlowFactory(site=site, direction="input", **fields)


@pytest.fixture
def fragment(client_as, alice):
    def of(flow, user=alice, query="") -> str:
        answer = client_as(user).get(reverse("matching:near-misses", args=[flow.pk]) + query)
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split()).replace("\u202f", " ")

    return of


def test_partner_link_distance_and_reason_are_shown(fragment, ours, charlies_organization):
    theirs = taker(charlies_organization, name="Heat for tomatoes")
    html = fragment(ours)
    assert reverse("organizations:flow-detail", args=[theirs.pk]) in html
    for text in ("Heat for tomatoes", "Charlie Works", "629 m", "25.3 °C too cold"):
        assert text in html
    # And from the other side.
    assert "25.3 °C too cold" in fragment(theirs, charlies_organization.users.get())


@pytest.mark.parametrize(
    ("output", "input_", "reason"),
    [
        ({"max_distance_km": 5}, {"location": "POINT(11.24 55.68)"}, "4.4 km too far"),
        (
            {"valid_to": date(2027, 6, 30)},
            {"valid_from": date(2027, 7, 12)},
            "ends 12 days before the need begins",
        ),
        (
            {"valid_from": date(2027, 7, 1)},
            {"valid_to": date(2027, 6, 30)},
            "begins 1 day after the need ends",
        ),
        (
            {"hours_of_week": HoursOfWeek.parse("Mon-Fri")},
            {"hours_of_week": HoursOfWeek.parse("Sat-Sun 08:00-12:00")},
            "free only Mon–Fri, needed Sat–Sun 08:00–12:00",
        ),
        ({"months": [1, 2, 3]}, {"months": [12]}, "free only Jan–Mar, needed Dec"),
        (
            {"amount": 320},
            {"amount": 900, "min_amount": 500},
            "needs at least 500 t a year; 320 t could come",
        ),
        (
            {"amount": 900, "min_amount": 500},
            {"amount": 320},
            "gives at least 500 t a year; 320 t could be taken",
        ),
        ({"hazardous": True}, {}, "hazardous, and the taker accepts none"),
        ({"pressure_bar_max": 4}, {"pressure_bar_min": 6}, "pressure 2 bar too low"),
        ({"purity_pct_max": 80}, {"purity_pct_min": 90}, "purity 10 points too low"),
        ({"moisture_pct_min": 30}, {"moisture_pct_max": 20}, "moisture 10 points too high"),
        ({"ph_min": 9, "ph_max": 9.2}, {"ph_max": 8}, "pH 1 too high"),
        (
            {"contaminants": {"as": 1, "cd": 6.9}},
            {"contaminants": {"as": 2, "cd": 3}},
            "cd 2.3 times the limit",
        ),
    ],
)  # fmt: skip
def test_every_rule_says_by_how_much_it_fails(
    fragment, alices_organization, output, input_, reason
):
    ash = {"type_code": "mineral.fly_ash"}
    flow = ResourceFlowFactory(site=SiteFactory(organization=alices_organization), **ash, **output)
    taker(**{"temperature_celsius_min": None} | ash | input_)
    assert f"<li>{reason}</li>" in fragment(flow)


def test_a_match_and_who_is_far_from_fitting_are_not_listed(fragment, ours):
    taker(temperature_celsius_min=55)
    taker(temperature_celsius_min=101)
    taker(hazardous=True, months=[1], min_amount=600, valid_to=date(2020, 1, 1))
    # Three rules at once, each by little.
    ours.pressure_bar_max = 0.9
    ours.save()
    taker(amount=3000, min_amount=1500, pressure_bar_min=1.2)
    assert "Nobody nearly fits" in fragment(ours)


def test_fewest_failed_rules_come_first_then_the_smallest_gaps(fragment, ours):
    taker(name="Two rules", temperature_celsius_min=80, amount=3000, min_amount=1100)
    taker(name="Large gap", temperature_celsius_min=95)
    taker(name="Small gap", temperature_celsius_min=75)
    html = fragment(ours)
    names = ["Small gap", "Large gap", "Two rules"]
    assert sorted(names, key=html.index) == names


def test_only_what_the_viewer_may_see_appears(
    fragment, facilitator, ours, alices_organization, charlies_organization
):
    taker(charlies_organization, name="A secret need", visibility="private")
    taker(OrganizationFactory(visibility="private"), name="A secret owner")
    taker(charlies_organization, name="A draft", status="draft")
    taker(charlies_organization, name="A paused need", status="paused")
    taker(alices_organization, name="Our own need")
    taker(charlies_organization, name="A need of the network", visibility="network")
    seen = fragment(ours)
    assert "A need of the network" in seen
    for name in ("secret", "A draft", "A paused need", "Our own need"):
        assert name not in seen
    assert "A secret need" in fragment(ours, facilitator)


def test_who_may_not_read_the_matching_gets_nothing(client, client_as, alice, charlie, ours):
    url = reverse("matching:near-misses", args=[ours.pk])
    assert client_as(charlie).get(url).status_code == 403
    assert client.get(url).status_code == 302
    ours.visibility = "private"
    ours.save()
    assert client_as(charlie).get(url).status_code == 404
    assert client_as(alice).get(url).status_code == 200


def test_the_page_of_a_flow_asks_for_them_where_matches_are_shown(client_as, alice, charlie, ours):
    page = reverse("organizations:flow-detail", args=[ours.pk])
    url = reverse("matching:near-misses", args=[ours.pk])
    assert f'hx-get="{url}"' in client_as(alice).get(page).content.decode()
    assert url not in client_as(charlie).get(page).content.decode()


def test_a_flow_that_is_not_active_says_why_there_are_none(fragment, ours):
    taker()
    ours.status = "paused"
    ours.save()
    assert "Only active flows are matched." in fragment(ours)


def test_a_pair_that_its_organization_dismissed_is_left_out(
    fragment, charlie, ours, alices_organization, charlies_organization
):
    theirs = taker(charlies_organization)
    MatchDismissal.objects.create(
        output=ours, input=theirs, organization=alices_organization, reason="We tried."
    )
    assert "Nobody nearly fits" in fragment(ours)
    assert "too cold" in fragment(theirs, charlie)


def test_a_long_list_has_pages(fragment, ours):
    for number in range(12):
        taker(name=f"Need {number:02}", temperature_celsius_min=72 + number)
    first, second = fragment(ours), fragment(ours, query="?page=2")
    assert "Need 09" in first
    assert "Need 10" not in first
    assert f"{reverse('matching:near-misses', args=[ours.pk])}?page=2" in first
    assert "Need 11" in second


def test_it_says_when_not_all_around_were_looked_at(fragment, ours, monkeypatch):
    monkeypatch.setattr(near_misses, "MOST_CANDIDATES", 2)
    taker(name="Near", location="POINT(11.1 55.68)")
    taker(name="Nearer", location="POINT(11.095 55.68)")
    assert "were looked at" not in fragment(ours)
    taker(name="Far", location="POINT(11.11 55.68)")
    html = fragment(ours)
    assert "were looked at" in html
    assert "Nearer" in html
    assert "Far" not in html


def test_after_the_warm_up_no_request_compiles(fragment, ours):
    kernel.warm_up()
    compiled = list(kernel.gaps_of_pairs.signatures)
    taker(contaminants={"cd": 1})
    assert "too cold" in fragment(ours)
    assert kernel.gaps_of_pairs.signatures == compiled


@pytest.mark.parametrize("size", [1, 9])
def test_it_costs_the_same_queries_whatever_the_number(
    client_as, alice, ours, django_assert_num_queries, size
):
    for number in range(size):
        taker(temperature_celsius_min=75 + number, contaminants={"cd": 1})
    browser = client_as(alice)
    url = reverse("matching:near-misses", args=[ours.pk])
    browser.get(url)
    with django_assert_num_queries(13):
        assert browser.get(url).content.decode().count("too cold") == size
