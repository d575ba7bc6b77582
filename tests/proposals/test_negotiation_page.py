"""The page of a negotiation: terms, differences, the counter-offer's form, and the timeline."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from proposals import services
from proposals.models import ProposalTerms
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(proposal, alice) -> str:
    for status in ("accepted", "negotiating"):
        services.move_proposal(proposal_id=proposal.pk, actor=alice, status=status)
    return f"/proposals/{proposal.pk}"


def offer(browser, page, **changes):
    said = {"based_on": 1, "quantity": "500", "price_per_unit": ""} | changes
    return browser.post(f"{page}/terms/new", said)


def test_a_counter_offer_shows_what_is_different(client_as, alice, charlie, page):
    answer = offer(
        client_as(alice), page, quantity="400.5", price_per_unit="1234.5",
        connection_recipient_pct="60", duration_months="1", comment="Less, but soon",
    )  # fmt: skip
    assert answer.url == page
    html = client_as(charlie).get(f"{page}/terms").content.decode()
    assert "<html" not in html
    for text in (
        "version 2, offered by Alice Works", "400.5 MWh/a", "<del>500 MWh/a</del>",
        "1,234.5 EUR/MWh", "<del>to be agreed</del>", "1 month",
        "Charlie Works pays 60 %, Alice Works 40 %", "Less, but soon", "Earlier versions",
    ):  # fmt: skip
        assert text in html, text


def test_the_form_begins_with_the_present_terms(client_as, charlie, page):
    form = client_as(charlie).get(f"{page}/terms/new").context["form"]
    assert (form["quantity"].value(), form["based_on"].value()) == ("500", 1)
    assert form["quantity"].label == "Quantity [MWh per year]"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "0"),
        ("quantity", "lots"),
        ("price_per_unit", "NaN"),
        ("start_date", "2020-01-01"),
        ("duration_months", "601"),
        ("connection_recipient_pct", "101"),
        ("comment", "x" * 5001),
        ("__all__", None),
    ],
)
def test_what_is_wrong_is_told_at_the_field(client_as, charlie, page, field, value):
    answer = offer(client_as(charlie), page, **({field: value} if value else {}))
    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert ProposalTerms.objects.count() == 1


def test_who_came_too_late_keeps_what_was_typed(client_as, alice, charlie, page):
    offer(client_as(alice), page, price_per_unit="12")
    late = offer(client_as(charlie), page, price_per_unit="9")
    html = late.content.decode()
    assert late.status_code == 400
    assert "There are newer terms meanwhile: version 2." in html
    assert "12 EUR/MWh" in html
    form = late.context["form"]
    assert (form["price_per_unit"].value(), form["based_on"].value()) == ("9", "2")
    assert offer(client_as(charlie), page, price_per_unit="9", based_on="2").status_code == 302


def test_both_confirm_and_the_page_says_who_has(client_as, alice, charlie, proposal, page):
    browser = client_as(alice)
    assert "Confirm version 1" in browser.get(page).content.decode()
    browser.post(f"{page}/terms/1/confirm")
    html = browser.get(page).content.decode()
    assert "Alice Works has confirmed version 1." in html
    assert "terms/1/confirm" not in html
    offer(client_as(charlie), page, price_per_unit="9")
    html = browser.get(f"{page}/terms").content.decode()
    assert "has confirmed" not in html
    late = client_as(charlie).post(f"{page}/terms/1/confirm", follow=True)
    assert "There are newer terms meanwhile: version 2." in late.content.decode()
    for user in (alice, charlie):
        client_as(user).post(f"{page}/terms/2/confirm")
    html = browser.get(page).content.decode()
    assert 'data-status="contracted"' in html
    assert "terms/new" not in html
    refused = browser.get(f"{page}/terms/new", follow=True).content.decode()
    assert "These terms are not negotiated now." in refused


def test_a_viewer_has_no_buttons_and_an_outsider_no_page(client_as, vera, page):
    html = client_as(vera).get(page).content.decode()
    for refused in ("/confirm", "terms/new", "messages/new", "/move"):
        assert refused not in html
    browser = client_as(vera)
    assert browser.get(f"{page}/terms/new").status_code == 403
    assert browser.post(f"{page}/terms/1/confirm").status_code == 403
    outsider = client_as(MembershipFactory().user)
    for part in ("", "/terms", "/terms/new", "/timeline", "/messages"):
        assert outsider.get(page + part).status_code == 404
    assert outsider.post(f"{page}/terms/1/confirm").status_code == 404


def test_the_timeline_tells_everything_in_order(client_as, alice, charlie, proposal, page):
    services.post_message(proposal=proposal, actor=charlie, text="From March on?")
    offer(client_as(alice), page, price_per_unit="12", comment="Rather so")
    for user in (alice, charlie):
        client_as(user).post(f"{page}/terms/2/confirm")
    html = client_as(charlie).get(f"{page}/timeline").content.decode()
    told = ["Pending", "Accepted", "Negotiating", "From March on?", "Version 2 offered",
            "Rather so", "Version 2 confirmed", "Contracted on version 2"]  # fmt: skip
    places = [html.index(text) for text in told]
    assert places == sorted(places)


def test_a_long_negotiation_costs_the_same(client_as, alice, charlie, proposal, page):
    browser = client_as(charlie)
    # Files are only asked for where there are messages.
    services.post_message(proposal=proposal, actor=alice, text="Hello")
    counts = []
    for number in (1, 12):
        for version in range(proposal.terms_version, number):
            services.offer_terms(
                proposal_id=proposal.pk, actor=alice, based_on=version, price_per_unit=version
            )
            services.post_message(proposal=proposal, actor=alice, text="And now?")
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(page).status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0] <= 32, counts


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("ru", ["Условия", "1 месяц <", "Charlie Works платит 60 %, Alice Works — 40 %", "Выгода"]),
        ("tt", ["Шартлар", "1 ай <", "Charlie Works 60 % түли, Alice Works — 40 %", "Файда"]),
    ],
)
def test_the_page_speaks_the_readers_language(client_as, alice, page, language, texts):
    browser = client_as(alice)
    offer(browser, page, duration_months="1", connection_recipient_pct="60", price_per_unit="1")
    html = browser.get(page, headers={"Accept-Language": language}).content.decode()
    for text in texts:
        assert text in html, text
