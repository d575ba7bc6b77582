"""Pages of running exchanges: who sees and does what, and that the chart tells the truth."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from exchanges.chart import Point, chart_of
from exchanges.models import Declaration, Delivery
from tests.exchanges.conftest import propose, put
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(exchange) -> str:
    return reverse("exchanges:exchange", args=[exchange.pk])


def act(browser, page, what, data):
    return browser.post(f"{page}/{what}", data, follow=True)


def test_a_month_goes_from_one_page_to_the_other(client_as, alice, charlie, page):
    act(client_as(charlie), page, "report", {"month": "2026-02", "quantity": "75"})
    html = client_as(charlie).get(page).content.decode()
    assert "/confirm/" not in html, "nobody confirms their own report"
    browser = client_as(alice)
    html = browser.get(page).content.decode()
    assert "February 2026" in html
    assert "<svg" in html
    delivery = Delivery.objects.get()
    assert f"/confirm/{delivery.pk}" in html
    act(browser, page, f"confirm/{delivery.pk}", {"quantity": delivery.quantity})
    delivery.refresh_from_db()
    assert delivery.confirmed_by == alice


def test_a_file_is_uploaded(client_as, charlie, page):
    good = SimpleUploadedFile("a.csv", b"month,quantity\n2026-01,5\n2026-02,6\n")
    act(client_as(charlie), page, "upload", {"file": good})
    assert Delivery.objects.count() == 2
    bad = SimpleUploadedFile("a.csv", b"month,quantity\n2026-03,5\nApril,6\n")
    answer = act(client_as(charlie), page, "upload", {"file": bad})
    assert answer.status_code == 400
    assert "rows[3].month: Give a month" in answer.content.decode()
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"month": "March", "quantity": 1}, "month"),
        ({"month": "2099-01", "quantity": 1}, "month"),
        ({"month": "2026-02", "quantity": -1}, "quantity"),
        ({"month": "", "quantity": ""}, "month"),
    ],
)
def test_what_is_wrong_is_told_at_the_field(client_as, charlie, page, data, field):
    answer = act(client_as(charlie), page, "report", data)
    assert answer.status_code == 400
    assert field in answer.context["form"].errors
    assert not Delivery.objects.exists()


def test_a_declaration(client_as, charlie, page):
    said = {"month": "2026-02", "jobs": "1.5", "private_investment_eur": "1000"}
    act(client_as(charlie), page, "declare", said)
    assert Declaration.objects.get().jobs == 1.5
    assert act(client_as(charlie), page, "declare", said | {"jobs": -1}).status_code == 400


def test_readers_see_and_change_nothing(client, client_as, vera, facilitator, page):
    outsider = MembershipFactory().user
    assert client.get(page).status_code == 302
    assert client_as(outsider).get(page).status_code == 404
    for user in (vera, facilitator):
        browser = client_as(user)
        answer = browser.get(page)
        assert answer.status_code == 200
        assert f'action="{page}/' not in answer.content.decode()
        assert act(browser, page, "report", {"month": "2026-02", "quantity": 1}).status_code == 403
    assert not Delivery.objects.exists()


def test_before_it_is_live_the_page_says_so(client_as, alice, alices_organization, ash):
    proposal = propose(alice, alices_organization, ash)
    page = reverse("exchanges:exchange", args=[proposal.pk])
    browser = client_as(alice)
    assert "once the exchange is live" in browser.get(page).content.decode()
    answer = act(browser, page, "report", {"month": "2026-02", "quantity": 1})
    assert answer.status_code == 400
    put(proposal, "failed")
    assert browser.get(page).status_code == 200


def test_htmx_gets_the_part_that_changes(client_as, alice, page):
    html = client_as(alice).get(page, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html
    assert "Planned and delivered" in html


def test_outcomes_of_an_organization(
    client_as, alice, charlie, charlies_organization, facilitator, page
):
    act(client_as(charlie), page, "report", {"month": "2026-02", "quantity": "75"})
    url = reverse("exchanges:outcomes-of-organization", args=[charlies_organization.pk])
    html = client_as(charlie).get(url, {"figure": "landfill_t"}).content.decode()
    assert "Kept from landfill" in html
    assert "<svg" in html
    assert "format=xlsx" in html
    assert client_as(charlie).get(url, {"figure": "x", "first": "2026-01"}).status_code == 200
    assert client_as(charlie).get(url, {"first": "x"}).status_code == 400
    assert client_as(alice).get(url).status_code == 403
    assert client_as(facilitator).get(url).status_code == 200


def test_outcomes_of_a_region_are_for_facilitators(client_as, alice, facilitator, exchange):
    url = reverse("exchanges:outcomes")
    assert client_as(alice).get(url).status_code == 403
    browser = client_as(facilitator)
    for query in ("", "?country=DK", "?bbox=10,50,12,56"):
        assert browser.get(url + query).status_code == 200
    for query in ("?country=dk", "?bbox=1", "?last=2026"):
        assert browser.get(url + query).status_code == 400


def test_bars_are_in_proportion():
    chart = chart_of(
        [
            Point(date(2026, 1, 1), reported=100, verified=100, planned=50),
            Point(date(2026, 2, 1), reported=50, verified=25, planned=50),
            Point(date(2026, 3, 1), reported=-5, verified=0),
        ]
    )
    full, half, below = chart.bars
    assert full.verified_height == pytest.approx(4 * half.verified_height, rel=0.01)
    assert full.reported_height == 0
    assert half.reported_height == pytest.approx(half.verified_height, rel=0.01)
    assert half.plan_y == pytest.approx(half.reported_y, abs=0.2)
    assert (below.reported_height, below.plan_y) == (0, None)
    assert full.reported_y + full.verified_height == pytest.approx(chart.axis_y, abs=0.2)


def test_nothing_is_no_chart():
    assert chart_of([]) is None
    assert chart_of([Point(date(2026, 1, 1), reported=0, verified=0)]) is None
    many = chart_of([Point(date(2026, 1, 1), reported=1, verified=0)] * 240)
    assert sum(bool(bar.label) for bar in many.bars) <= 12
