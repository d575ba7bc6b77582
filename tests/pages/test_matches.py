"""Matches on pages: why they fit, what they bring, and who does not want them."""

import pytest
from django.urls import reverse

from matching import accounts, comparison, explanations
from matching.models import MatchDismissal

pytestmark = pytest.mark.django_db


def test_the_panel_shows_the_partner_and_the_figures(client_as, alice, pair):
    html = client_as(alice).get(reverse("matching:panel", args=[pair.output.pk])).content.decode()
    assert "Charlie Works" in html
    assert reverse("proposals:proposal-create", args=[pair.input.pk]) in html
    assert html.count("<meter") == 7


def test_the_lines_add_up(pair):
    match = pair.match
    lines = accounts.costs(match)
    assert sum(line.amount for line in lines) == pytest.approx(
        float(match.savings_eur_per_year), abs=0.05
    )
    assert sum(line.amount for line in accounts.emissions(match)) == pytest.approx(
        match.co2_avoided_t_per_year
    )
    assert lines[0].formula == "500 MWh × 60 EUR/MWh"
    assert "Charlie Works" in lines[0].source


def test_every_factor_says_why(pair):
    factors = {factor.name: factor for factor in explanations.factors(pair.match)}
    assert sum(factor.weight for factor in factors.values()) == pytest.approx(1)
    assert "gives 85–95" in factors["quality"].text
    assert "≥" in factors["quality"].text
    assert factors["quantity"].text == "500 of 1,000 MWh a year can be exchanged."
    assert all(factor.text for factor in factors.values())


def test_both_sides_stand_side_by_side(pair):
    rows = {row.label: (row.output, row.input) for row in comparison.compare(pair.match)}
    assert rows["Per year"] == ("1,000 MWh/a", "500 MWh/a")
    assert rows["Cost today"] == ("", "60 EUR/MWh")


def test_the_match_page_shows_sources_and_buttons(client_as, charlie, pair):
    url = reverse("matching:match-detail", args=[pair.match.pk])
    html = client_as(charlie).get(url).content.decode()
    assert pair.output.resource_type.co2_source in html
    assert reverse("proposals:proposal-create", args=[pair.output.pk]) in html
    assert "map-features" in html


def test_a_dismissed_match_is_gone_for_one_side_alone(client_as, alice, charlie, pair):
    dismiss = reverse("matching:match-dismiss", args=[pair.match.pk])
    answer = client_as(alice).post(dismiss, {"reason": "We tried."}, follow=True)
    assert "You will not see this match again." in answer.content.decode()
    ours = client_as(alice).get(reverse("matching:panel", args=[pair.output.pk]))
    theirs = client_as(charlie).get(reverse("matching:panel", args=[pair.input.pk]))
    assert "Nobody fits yet" in ours.content.decode()
    assert "Alice Works" in theirs.content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_dismissal_needs_a_reason(client_as, alice, pair, reason):
    dismiss = reverse("matching:match-dismiss", args=[pair.match.pk])
    answer = client_as(alice).post(dismiss, {"reason": reason}, follow=True)
    assert "Say why" in answer.content.decode()
    assert not MatchDismissal.objects.exists()


def test_who_reads_cannot_dismiss(client_as, vera, pair):
    dismiss = reverse("matching:match-dismiss", args=[pair.match.pk])
    assert client_as(vera).post(dismiss, {"reason": "No."}).status_code == 403
