"""The eight figures: what counts, for whom, and that exports say the same."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from exchanges.models import ExchangeFactors
from exchanges.services import fix_factors
from matching.models import Match
from organizations.models import ResourceType
from tests.exchanges.conftest import propose, put
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db


def figures(client, url, **query) -> dict[str, tuple]:
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.content
    return {row["key"]: (row["reported"], row["verified"]) for row in answer.json()["figures"]}


def report_of(organization) -> str:
    return f"/api/v1/organizations/{organization.pk}/outcomes"


@pytest.fixture
def delivered(api_as, alice, charlie, url):
    """100 t in January, confirmed, and 50 t in February, not confirmed."""
    for month, quantity in (("2026-01", 100), ("2026-02", 50)):
        row = api_as(charlie).post(
            f"{url}/deliveries", {"month": month, "quantity": quantity}
        ).json()  # fmt: skip
        if month == "2026-01":
            api_as(alice).post(f"{url}/deliveries/{row['id']}/confirm", {"quantity": quantity})
    api_as(charlie).post(
        f"{url}/declarations", {"month": "2026-02", "jobs": 2, "private_investment_eur": 9000}
    )


def test_an_organizations_figures(
    api_as, alice, charlie, alices_organization, charlies_organization, delivered
):
    factor = ResourceType.objects.get(code="mineral.fly_ash").co2_t_per_unit
    gives = figures(api_as(charlie), report_of(charlies_organization))
    assert gives["landfill_t"] == gives["virgin_t"] == (150, 100)
    assert gives["co2_t"] == (pytest.approx(150 * factor), pytest.approx(100 * factor))
    assert gives["sales_eur"] == (750, 500)
    assert gives["savings_eur"] == (0, 0), "nobody knows them without the other flow"
    assert gives["water_m3"] == (0, 0)
    assert (gives["jobs"], gives["investment_eur"]) == ((2, None), (9000, None))
    takes = figures(api_as(alice), report_of(alices_organization))
    assert takes["landfill_t"] == (150, 100)
    assert takes["sales_eur"] == (0, 0), "purchases are no sales"
    assert takes["jobs"] == (0, None), "the other side has declared them"


def test_a_period(api_as, charlie, charlies_organization, delivered):
    url = report_of(charlies_organization)
    client = api_as(charlie)
    assert figures(client, url, first="2026-02")["landfill_t"] == (50, 0)
    assert figures(client, url, last="2026-01")["landfill_t"] == (100, 100)
    assert figures(client, url, last="2026-01")["jobs"] == (0, None)
    for query in ({"first": "x"}, {"first": "2026-02", "last": "2026-01"}):
        answer = client.get(url, query)
        assert answer.status_code == 400
        assert answer.json()["errors"]


def test_months_add_up_to_the_total(api_as, charlie, charlies_organization, delivered):
    answer = api_as(charlie).get(report_of(charlies_organization)).json()
    assert [row["month"] for row in answer["months"]] == ["2026-01", "2026-02"]
    for row in answer["figures"]:
        if row["verified"] is not None:
            assert sum(month[row["key"]] for month in answer["months"]) == row["reported"]
            assert sum(m[f"verified_{row['key']}"] for m in answer["months"]) == row["verified"]


def test_who_may_see_them(
    api, api_as, vera, charlie, facilitator, alices_organization, charlies_organization, delivered
):
    assert api.get(report_of(alices_organization)).status_code == 401
    assert api_as(charlie).get(report_of(alices_organization)).status_code == 403
    assert api_as(vera).get(report_of(alices_organization)).status_code == 200
    assert api_as(vera).get(report_of(charlies_organization)).status_code == 403
    assert api_as(vera).get("/api/v1/outcomes").status_code == 403
    assert figures(api_as(facilitator), "/api/v1/outcomes")["landfill_t"] == (150, 100)


def test_a_region_counts_each_exchange_once_where_its_resource_is(api_as, facilitator, delivered):
    client = api_as(facilitator)
    for query, tonnes in (
        ({"country": "DK"}, 150),
        ({"country": "DE"}, 0),
        ({"bbox": "11,55,12,56"}, 150),
        ({"bbox": "0,0,1,1"}, 0),
        ({"near": "11.09,55.68", "radius_km": 5}, 150),
        ({"near": "0,0"}, 0),
    ):
        assert figures(client, "/api/v1/outcomes", **query)["landfill_t"][0] == tonnes, query
    for wrong in ({"country": "dk"}, {"bbox": "1,2"}, {"near": "500,0"}):
        assert client.get("/api/v1/outcomes", wrong).status_code == 400, wrong


def test_factors_stay_what_they_were(api_as, charlie, charlies_organization, delivered):
    before = figures(api_as(charlie), report_of(charlies_organization))
    ResourceType.objects.filter(code="mineral.fly_ash").update(
        co2_t_per_unit=99, waste_codes=[], replaced_product=""
    )
    assert figures(api_as(charlie), report_of(charlies_organization)) == before


@pytest.fixture
def heat(alice, alices_organization, charlies_organization, run_events):
    """Charlie's heat for Alice, who buys 500 MWh a year of it elsewhere today."""
    output = ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization), current_cost_per_unit=4
    )
    ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization),
        direction="input",
        type_code="heat",
        current_cost_per_unit=40,
        amount=500,
    )
    run_events()
    return propose(alice, alices_organization, output, match=Match.objects.get(), quantity=500)


def test_savings_are_those_of_the_flows_without_the_investment(heat):
    put(heat, "live")
    factors = fix_factors(heat)
    match = Match.objects.for_display().get()
    assert factors.basis == "flows"
    assert factors.planned_per_year == 500
    yearly = 500 * (factors.supplier_savings_eur_per_unit + factors.recipient_savings_eur_per_unit)
    assert yearly == pytest.approx(
        float(match.savings_eur_per_year + match.annuity_eur_per_year), rel=1e-3
    )
    upkeep = float(match.transport_eur_per_year + match.maintenance_eur_per_year) / 500
    assert factors.supplier_savings_eur_per_unit == pytest.approx(4 - upkeep / 2, rel=1e-3)
    assert factors.co2_t_per_unit * 500 == pytest.approx(
        float(match.co2_avoided_t_per_year), rel=1e-3
    )
    assert (factors.landfill_t_per_unit, factors.virgin_t_per_unit) == (0, 0), "heat is no waste"


def test_nobody_reads_the_other_sides_costs_from_savings(
    api_as, alice, charlie, facilitator, alices_organization, charlies_organization, heat
):
    put(heat, "live")
    url = f"/api/v1/proposals/{heat.pk}"
    api_as(charlie).post(f"{url}/deliveries", {"month": "2026-02", "quantity": 10})
    factors = fix_factors(heat)
    supplier = pytest.approx(10 * factors.supplier_savings_eur_per_unit)
    recipient = pytest.approx(10 * factors.recipient_savings_eur_per_unit)
    both = pytest.approx(
        10 * (factors.supplier_savings_eur_per_unit + factors.recipient_savings_eur_per_unit)
    )

    def progress(user) -> float:
        rows = api_as(user).get(f"{url}/progress").json()["figures"]
        return next(row["reported"] for row in rows if row["key"] == "savings_eur")

    assert (progress(charlie), progress(alice), progress(facilitator)) == (
        supplier,
        recipient,
        both,
    )
    for user, organization, own in (
        (charlie, charlies_organization, supplier),
        (alice, alices_organization, recipient),
    ):
        total = figures(api_as(user), report_of(organization))["savings_eur"][0]
        assert total == own
        text = (
            api_as(user).get(report_of(organization), {"format": "csv"}).content.decode("utf-8-sig")
        )
        [row] = csv.DictReader(io.StringIO(text, newline=""))
        assert float(row["Cost savings [EUR]"]) == own
    assert figures(api_as(facilitator), "/api/v1/outcomes")["savings_eur"][0] == both


@pytest.mark.parametrize(
    ("code", "price", "expected"),
    [
        ("water.wastewater", -2, {"water_m3_per_unit": 1, "landfill_t_per_unit": 0}),
        ("mineral.fly_ash", None, {"water_m3_per_unit": 0, "landfill_t_per_unit": 1}),
        ("heat.hot_water", 3, {"virgin_t_per_unit": 0, "sales_eur_per_unit": 3}),
    ],
)
def test_what_a_unit_brings_depends_on_what_it_is(
    alice, alices_organization, charlies_organization, code, price, expected
):
    flow = ResourceFlowFactory(site=SiteFactory(organization=charlies_organization), type_code=code)
    proposal = propose(alice, alices_organization, flow, price_per_unit=price)
    put(proposal, "live")
    factors = fix_factors(proposal)
    assert {name: getattr(factors, name) for name in expected} == expected
    assert factors.sales_eur_per_unit == max(price or 0, 0)


def test_they_are_fixed_when_it_goes_live(
    alice, charlie, alices_organization, ash, run_events, api_as
):
    proposal = propose(alice, alices_organization, ash, quantity=10)
    put(proposal, "contracted")
    answer = api_as(alice).post(f"/api/v1/proposals/{proposal.pk}/status", {"status": "live"})
    assert answer.status_code == 200, answer.content
    run_events()
    assert ExchangeFactors.objects.get().planned_per_year == 10


def test_progress_compares_with_a_twelfth_of_the_year(api_as, alice, exchange, url, delivered):
    put(exchange, "completed", at=datetime(2026, 3, 20, tzinfo=UTC))
    answer = api_as(alice).get(f"{url}/progress").json()
    assert (answer["unit"], answer["basis"]) == ("t", "resource_type")
    assert answer["months"] == [
        {"month": "2026-01", "planned": 100.0, "delivered": 100.0, "is_confirmed": True},
        {"month": "2026-02", "planned": 100.0, "delivered": 50.0, "is_confirmed": False},
        {"month": "2026-03", "planned": 100.0, "delivered": None, "is_confirmed": False},
    ]
    by_key = {row["key"]: row for row in answer["figures"]}
    landfill = by_key["landfill_t"]
    assert (landfill["planned"], landfill["reported"], landfill["verified"]) == (300, 150, 100)
    assert by_key["savings_eur"]["planned"] is by_key["savings_eur"]["reported"] is None


def test_before_it_is_live_there_is_no_progress(api_as, alice, alices_organization, ash):
    proposal = propose(alice, alices_organization, ash)
    answer = api_as(alice).get(f"/api/v1/proposals/{proposal.pk}/progress").json()
    assert (answer["months"], answer["figures"], answer["live_since"]) == ([], [], None)


class TestExports:
    EVIL = '=HYPERLINK("http://evil.example","Click")'

    @pytest.fixture(autouse=True)
    def _evil_names(self, ash, alices_organization, delivered):
        ash.name = self.EVIL
        ash.save()
        alices_organization.name = "\t@SUM(A1) & <b>\x0bWorks"
        alices_organization.save()

    def test_csv_has_no_formulas_and_the_same_sums(self, api_as, charlie, charlies_organization):
        answer = api_as(charlie).get(report_of(charlies_organization), {"format": "csv"})
        assert answer["Content-Type"] == "text/csv"
        assert answer["Content-Disposition"] == 'attachment; filename="turash-outcomes.csv"'
        text = answer.content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [row["Month"] for row in rows] == ["2026-01", "2026-02"]
        assert sum(float(row["Kept from landfill [t]"]) for row in rows) == 150
        assert [row["Confirmed"] for row in rows] == ["yes", "no"]
        for row in rows:
            assert row["Resource"] == f"'{self.EVIL}"
            assert not any(cell[:1] in "=+-@\t\r" for cell in row.values() if cell)

    def test_xlsx_says_that_texts_are_texts(self, api_as, charlie, charlies_organization):
        answer = api_as(charlie).get(report_of(charlies_organization), {"format": "xlsx"})
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        assert archive.testzip() is None
        main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
        for name in archive.namelist():
            ET.fromstring(archive.read(name))
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet2.xml"))
        assert not list(sheet.iter(f"{main}f")), "no cell holds a formula"
        texts = {
            text.text: cell.get("t")
            for cell in sheet.iter(f"{main}c")
            for text in cell.iter(f"{main}t")
        }
        assert texts[self.EVIL] == "inlineStr"
        assert "\t@SUM(A1) & <b>Works" in texts

    def test_others_get_none(self, api_as, alice, charlies_organization):
        answer = api_as(alice).get(report_of(charlies_organization), {"format": "csv"})
        assert answer.status_code == 403
        assert answer["Content-Type"] == "application/problem+json"


def test_a_report_costs_the_same_whatever_its_size(
    api_as, charlie, charlies_organization, alice, alices_organization, url, delivered
):
    client = api_as(charlie)
    costs = []
    for _ in range(2):
        for form in ("json", "csv"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(report_of(charlies_organization), {"format": form}).content
            costs.append(len(queries))
        for year in range(2010, 2020):
            client.post(f"{url}/deliveries", {"month": f"{year}-05", "quantity": 1})
        MembershipFactory(organization=charlies_organization)
    assert costs[:2] == costs[2:]
