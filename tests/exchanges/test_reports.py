"""The facilitator's report says what the pages of outcomes say, compared and taken apart."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from openpyxl import load_workbook

from exchanges import outcomes
from exchanges.models import ExchangeFactors
from exchanges.outcomes import Scope
from exchanges.services import Reported, declare, report_deliveries
from organizations.models import Organization
from organizations.models.user import StaffRole
from tests.exchanges.conftest import propose, put
from tests.factories import ResourceFlowFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
PAGE = "/admin/exchanges/delivery/report/"
FILE = "/admin/exchanges/delivery/report.xlsx"


@pytest.fixture
def delivered(exchange, alice, charlie, alices_organization, charlies_organization):
    """Charlie's ash for Alice, and Alice's water for Charlie, who has asked for it by an input."""
    charlies_organization.name, charlies_organization.sector = "=1+1", "35.11"
    charlies_organization.save()
    well = ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization, city="Aarhus", country="DK"),
        direction="input",
        type_code="water",
    )
    water = propose(alice, alices_organization, well, quantity=600, price_per_unit=2)
    put(water, "live", at=datetime(2026, 1, 15, tzinfo=UTC))
    for proposal, rows in (
        (exchange, {date(2025, 12, 1): 10, JANUARY: 100, FEBRUARY: 50}),
        (water, {FEBRUARY: 30}),
    ):
        reported = [Reported(month, Decimal(quantity)) for month, quantity in rows.items()]
        report_deliveries(proposal=proposal, actor=charlie, rows=reported)
    ExchangeFactors.objects.update(
        supplier_savings_eur_per_unit=3, recipient_savings_eur_per_unit=7
    )
    declare(
        proposal=exchange, actor=alice, month=FEBRUARY, jobs=Decimal(2),
        private_investment_eur=Decimal(9000),
    )  # fmt: skip


def test_the_report_compares_and_takes_apart_what_outcomes_sum_up(
    delivered, facilitator, client_as, django_assert_max_num_queries
):
    staff = client_as(facilitator)
    staff.get(PAGE)
    with django_assert_max_num_queries(18):
        page = staff.get(PAGE, {"first": "2026-01", "last": "2026-02"})
    report = page.context["report"]
    months = {"first": JANUARY, "last": FEBRUARY}
    totals = {row.figure.key: row for row in outcomes.totals(Scope(**months))}
    assert {row.figure.key: row.reported for row in report.figures} == {
        key: total.reported for key, total in totals.items()
    }
    landfill = next(row for row in report.figures if row.figure.key == "landfill_t")
    assert (landfill.reported, landfill.before, landfill.change) == (150, 10, 14)
    assert (report.before_first, report.before_last) == (
        date(2025, 11, 1), date(2025, 12, 1),
    )  # fmt: skip
    assert "+1,400" in page.content.decode()

    # Each organization's row is what its own page says.
    rows = {row.name: row.values for row in report.organizations}
    assert len(rows) == 2
    for organization in Organization.objects.filter(name__in=rows):
        own = outcomes.totals(Scope(organization_id=organization.pk, **months))
        assert rows[organization.name] == {
            total.figure.key: pytest.approx(total.reported) for total in own
        }
    assert rows["=1+1"]["savings_eur"] == 150 * 3 + 30 * 7
    assert rows["Alice Works"]["sales_eur"] == 60
    # Sectors and months add up to the region.
    for parts in (
        [row.values for row in report.sectors],
        [{"jobs": 2, "investment_eur": 9000}, *report.months],
    ):
        for key, total in totals.items():
            assert sum(part.get(key, 0) for part in parts) == pytest.approx(total.reported), key
    assert [row.name for row in report.sectors] == ["Without a sector", "35"]

    # Of a city what lies there; months without deliveries are there, too.
    city = staff.get(PAGE, {"first": "2025-06", "last": "2026-02", "city": "aarhus"})
    report = city.context["report"]
    assert {row.figure.key: row.reported for row in report.figures}["water_m3"] == 30
    assert {row.figure.key: row.reported for row in report.figures}["landfill_t"] == 0
    assert len(report.months) == 9
    assert report.region == "aarhus"
    # By default the last twelve whole months.
    assert len(staff.get(PAGE).context["report"].months) == 12
    for wrong in (
        {"first": "2026-02", "last": "2026-01"}, {"first": "x"}, {"bbox": "1"},
        {"first": "1900-01"}, {"first": "0001-01", "last": "0001-02"}, {"city": "x" * 101},
        {"last": "0001-01"},
    ):  # fmt: skip
        assert staff.get(PAGE, wrong).status_code == 400, wrong
        assert staff.get(FILE, wrong).status_code == 400, wrong


def test_the_workbook_says_the_same(delivered, facilitator, client_as, alice):
    answer = client_as(facilitator).get(FILE, {"first": "2026-01", "last": "2026-02"})
    assert "turash-report-2026-01-2026-02.xlsx" in answer["Content-Disposition"]
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["Figures", "Organizations", "Sectors", "Months", "Definitions"]
    figures = {row[0]: row[2:] for row in book["Figures"].values}
    assert figures["Kept from landfill"] == (150, 0, 10, 14)
    assert figures["Private investment"] == (9000, None, 0, None)
    names = {row[0].value: row[0] for row in book["Organizations"].iter_rows()}
    assert names["=1+1"].data_type == "s", "a name is no formula"
    assert [row[0] for row in book["Months"].values] == ["Month", "2026-01", "2026-02"]
    assert len(list(book["Definitions"].values)) == 1 + 8 + 1 + 3

    analyst = UserFactory(email="analyst@example.org", is_staff=True)
    analyst.groups.add(Group.objects.get(name=StaffRole.ANALYST.value))
    assert client_as(analyst).get(FILE).status_code == 200
    assert client_as(alice).get(FILE).status_code == 302
