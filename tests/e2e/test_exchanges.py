"""A running exchange in two browsers: one side reports, the other sees it at once and confirms."""

import pytest
from playwright.sync_api import expect

from tests.exchanges.conftest import ash, exchange  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_month_is_reported_confirmed_and_drawn(page_of, alice, charlie, exchange):  # noqa: F811
    address = f"/proposals/{exchange.pk}/exchange"
    theirs, ours = page_of(charlie), page_of(alice)
    theirs.goto(address)
    ours.goto(address)
    expect(ours.locator("[data-connection].on")).to_be_visible()
    theirs.fill("[name=month]", "2026-02")
    theirs.fill("[name=quantity]", "75")
    theirs.click("form[action$='/report'] button")
    # Nobody has touched this page.
    confirm = ours.locator("form[action*='/confirm/'] button")
    expect(confirm).to_be_visible()
    expect(ours.locator("svg.chart")).to_be_visible()
    assert ours.locator("svg.chart rect.reported").count() > 0
    confirm.click()
    expect(ours.locator("tr", has_text="February 2026")).to_contain_text("Alice Works")
    expect(theirs.locator("tr", has_text="February 2026")).to_contain_text("Alice Works")
