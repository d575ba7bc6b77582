"""What a match looks like: hours, temperatures and cash, what is unknown, and what is hidden."""

import re

import pytest
from django.urls import reverse

from matching import services as matching_services
from matching.charts.cash import cash_flow_of
from matching.charts.hours import overlap_of
from matching.charts.temperature import temperature_of
from matching.models import Match
from matching.uncertainty import outlook_of
from matching.unknowns import unknowns_of
from organizations.hours import HoursOfWeek
from organizations.models import Organization, ResourceFlow
from organizations.models.stage import Stage
from organizations.services import save_flow
from proposals.models import Proposal

pytestmark = pytest.mark.django_db


def changed(flow: ResourceFlow, **fields) -> Match:
    flow = ResourceFlow.objects.get(pk=flow.pk)
    for name, value in fields.items():
        setattr(flow, name, value)
    save_flow(flow)
    matching_services.rematch_flow(flow_id=flow.pk)
    return Match.objects.for_display().get()


def test_hours_are_drawn_for_either_side_and_both(pair):
    match = changed(
        pair.input, hours_of_week=HoursOfWeek.parse("Mon-Fri 06:00-22:00"), months=[1, 2, 12]
    )
    drawn = overlap_of(match)
    assert (drawn.hours_per_week, drawn.month_count) == (80, 3)
    monday, sunday = drawn.days[0], drawn.days[6]
    assert (monday.gives, monday.needs, monday.both) == ("all day", "06:00–22:00", "06:00–22:00")
    assert (sunday.gives, sunday.needs, sunday.both) == ("all day", "–", "–")
    # Five days in three pieces, two in one; of the months the begin and the end are shared.
    assert [block.side for block in drawn.blocks[:3]] == ["gives", "both", "gives"]
    assert len(drawn.blocks) == 5 * 3 + 2 + 3
    assert {(block.side, block.height) for block in drawn.blocks} == {
        ("gives", "6"),
        ("both", "13"),
    }
    assert float(drawn.blocks[1].width) == 16 * 10 - 1


def test_temperatures_are_those_that_the_kernel_compares(pair):
    match = pair.match
    drawn = temperature_of(match)
    rows = {label: text.replace("\u202f", " ") for label, text in drawn.rows}
    lost = 0.5 * match.distance_m / 1000
    assert rows["Leaves"] == "85–95 °C"
    assert rows["Lost on the way"] == f"{round(lost, 1):g} K"
    assert rows["Needed"] == "≥ 70 °C"
    assert rows["To spare"] == f"{round(85 - lost - 70, 1):g} K"
    assert drawn.is_met
    # 78 °C of 85 °C, less what is lost: within the soft edge.
    match = changed(pair.output, temperature_celsius_min=78, temperature_celsius_max=None)
    match = changed(pair.input, temperature_celsius_min=85)
    drawn = temperature_of(match)
    assert (drawn.rows[0][1], drawn.is_met) == ("78\u202f°C", False)
    assert temperature_of(changed(pair.input, temperature_celsius_min=None)) is None


def test_cash_begins_with_the_investment_and_crosses_zero_at_the_payback(pair):
    ranges, scenarios = outlook_of(pair.match)
    drawn = cash_flow_of(scenarios)
    first, *_between, last = drawn.rows
    assert first.sums[1] == pytest.approx(-float(pair.match.investment_eur))
    assert sorted(first.sums) == sorted(
        [-ranges["investment_eur"].high, first.sums[1], -ranges["investment_eur"].low]
    )
    yearly = float(pair.match.savings_eur_per_year + pair.match.annuity_eur_per_year)
    assert last.sums[1] == pytest.approx(first.sums[1] + last.year * yearly, rel=1e-6)
    assert scenarios[1].payback_years == pytest.approx(pair.match.payback_years, rel=1e-4)
    assert float(drawn.payback_x) > float(drawn.left)


def test_what_is_unknown_is_said_and_can_be_filled_in_by_its_owner(client_as, charlie, pair):
    match = changed(pair.output, precision_level="measured", temperature_celsius_min=None,
                    temperature_celsius_max=None)  # fmt: skip
    match = changed(pair.input, current_cost_per_unit=None, moisture_pct_min=None)
    assert [(one.flow, one.field, one.could_break) for one in unknowns_of(match)] == [
        (pair.output, "temperature_celsius_min", True),
        (pair.input, "precision_level", False),
        (pair.input, "current_cost_per_unit", False),
    ]
    html = (
        client_as(charlie).get(reverse("matching:match-detail", args=[match.pk])).content.decode()
    )
    assert f"/flows/{pair.input.pk}/edit#id_current_cost_per_unit" in html
    assert f"/flows/{pair.output.pk}/edit" not in html


def page_of(client, match) -> str:
    """The page of a match without what differs each time."""
    html = client.get(reverse("matching:match-detail", args=[match.pk])).content.decode()
    return re.sub(r'csrfmiddlewaretoken" value="[^"]+"|data-after="\d+"', "", html)


def test_a_page_tells_no_more_than_the_rounded_figures(client_as, charlie, alice, pair):
    Organization.objects.filter(pk=pair.output.organization_id).update(figures_from=Stage.NEVER)
    before = page_of(client_as(charlie), changed(pair.output, amount=1230, current_cost_per_unit=7))
    assert before.count("<svg") == 3
    other = changed(
        pair.output,
        amount=1410,
        temperature_celsius_min=87,
        temperature_celsius_max=92,
        current_cost_per_unit=None,
    )
    assert page_of(client_as(charlie), other) == before
    assert "80–100" in before
    assert "1,410" not in before
    # Its owner sees what is so.
    assert "1,410" in page_of(client_as(alice), other)


def test_a_proposal_begins_with_what_the_match_says(client_as, charlie, pair):
    match = changed(pair.output, unit="kWh", amount=1_000_000, price_per_unit="0.01")
    url = reverse("proposals:proposal-create", args=[pair.output.pk]) + f"?match={match.pk}"
    answer = client_as(charlie).get(url)
    initial = answer.context["form"].initial
    assert initial["from_organization"] == pair.input.organization
    assert initial["quantity"] == 500
    # 0.01 EUR for a kWh are 10 for a MWh.
    assert initial["price_per_unit"] == 10
    assert "about 500 MWh a year" in initial["message"]
    sent = client_as(charlie).post(url, {**initial, "from_organization": str(
        pair.input.organization_id)})  # fmt: skip
    assert sent.status_code == 302
    proposal = Proposal.objects.get()
    assert (proposal.quantity, proposal.price_per_unit) == (500, 10)
    assert proposal.counterpart == pair.input


def test_who_has_a_match_before_them_hears_that_it_is_lost(client_as, charlie, pair):
    ResourceFlow.objects.filter(pk=pair.output.pk).update(status="paused")
    url = reverse("matching:match-detail", args=[pair.match.pk])
    assert client_as(charlie).get(url).status_code == 404
    answer = client_as(charlie).get(url, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "no longer fit" in answer.content.decode()
