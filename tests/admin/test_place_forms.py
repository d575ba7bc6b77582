"""Sites and flows: saved through services, nonsense is told at fields."""

import pytest

from organizations.models import (
    FlowContaminant,
    ResourceFlow,
    ResourceType,
    Site,
)
from tests.admin.posting import HUGE, add_url, change_url, delete_url, errors_of, no_rows, rows
from tests.factories import (
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
)
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db


class TestSite:
    @pytest.fixture
    def valid(self) -> dict[str, str]:
        return {
            "organization": OrganizationFactory().pk,
            "name": "Asnæs",
            "location_longitude": "11.08",
            "location_latitude": "55.66",
            "country": "DK",
        }

    def test_is_placed(self, browser, valid):
        assert browser.post(add_url(Site), valid).status_code == 302
        assert Site.objects.get().location.coords == (11.08, 55.66)
        assert DomainEvent.objects.filter(type="site_created").count() == 1

    NONSENSE = [
        ("location_longitude", "181", "location"),
        ("location_latitude", "nan", "location"),
        ("location_latitude", "1e400", "location"),
        ("location_longitude", "", "location"),
        ("location_longitude", "east", "location"),
        ("organization", "0", "organization"),
        ("organization", "00000000-0000-0000-0000-000000000000", "organization"),
        ("country", "Denmark", "country"),
        ("country", "dk", "country"),
        ("name", HUGE, "name"),
        ("postal_code", HUGE, "postal_code"),
    ]

    def test_nonsense_is_told_at_its_field(self, browser, valid, subtests):
        for field, value, told_at in self.NONSENSE:
            with subtests.test(f"{field}: {value[:40]}"):
                response = browser.post(add_url(Site), valid | {field: value})

                assert told_at in errors_of(response)
                assert not Site.objects.exists()

    def test_moves_its_flows(self, browser, valid):
        flow = ResourceFlowFactory()

        assert browser.post(change_url(flow.site), valid).status_code == 302
        flow.refresh_from_db()
        assert flow.location.coords == (11.08, 55.66)

    def test_stays_with_its_organization(self, browser, valid):
        site = SiteFactory()

        browser.post(change_url(site), valid)

        assert Site.objects.get().organization == site.organization

    def test_with_flows_is_not_deleted(self, browser):
        flow = ResourceFlowFactory()

        response = browser.post(delete_url(flow.site), {"post": "yes"})

        assert response.status_code == 200
        assert response.context["protected"]


class TestFlow:
    @pytest.fixture
    def valid(self) -> dict:
        return {
            "site": SiteFactory().pk,
            "direction": "output",
            "resource_type": ResourceType.objects.get(code="heat.steam").pk,
            "name": "Steam",
            "status": "active",
            "visibility": "public",
            "amount": "2",
            "unit": "GWh",
            "per": "month",
            "precision_level": "measured",
            "pattern": "continuous",
            "hours_of_week": "Mon-Sun 00:00-24:00",
            "months": ["1", "2", "12"],
            "currency": "EUR",
        } | no_rows("contaminants")

    def test_is_saved_with_what_follows_from_it(self, browser, valid):
        data = valid | rows("contaminants", {"substance": "cd", "mg_per_kg": "1.5"})

        assert browser.post(add_url(ResourceFlow), data).status_code == 302

        flow = ResourceFlow.objects.get()
        assert flow.quantity_per_year == 6000
        assert flow.months == [1, 2, 12]
        assert flow.location.coords == flow.site.location.coords
        assert [str(content) for content in flow.contaminants.all()] == ["cd: 1.5 mg/kg"]
        assert DomainEvent.objects.filter(type="resource_flow_created").count() == 1

    def test_is_changed_with_its_contaminants(self, browser, valid):
        flow = ResourceFlowFactory(contaminants={"cd": 1.5, "pb": 2})
        cd, pb = flow.contaminants.order_by("substance")
        data = valid | {"site": flow.site_id, "unit": ""}
        data |= rows(
            "contaminants",
            {"id": cd.pk, "flow": flow.pk, "substance": "cd", "mg_per_kg": "3"},
            {"id": pb.pk, "flow": flow.pk, "substance": "pb", "mg_per_kg": "2", "DELETE": "on"},
            {"flow": flow.pk, "substance": "hg", "mg_per_kg": "0.1"},
            initial=2,
        )

        assert browser.post(change_url(flow), data).status_code == 302

        contents = FlowContaminant.objects.values_list("substance", "mg_per_kg")
        assert set(contents) == {("cd", 3), ("hg", 0.1)}
        flow.refresh_from_db()
        assert (flow.unit, flow.quantity_per_year) == ("MWh", 6)

    NONSENSE = [
        ("site", "nowhere"),
        ("site", ""),
        ("direction", "sideways"),
        ("resource_type", "999"),
        ("name", HUGE),
        ("description", HUGE),
        ("status", "lost"),
        ("visibility", "hidden"),
        ("amount", "0"),
        ("amount", "-3"),
        ("amount", "NaN"),
        ("amount", "1e30"),
        ("amount", "much"),
        ("unit", "kg"),
        ("unit", "__import__('os')"),
        ("unit", "9**9**9"),
        ("per", "fortnight"),
        ("precision_level", "exact"),
        ("pattern", "chaotic"),
        ("hours_of_week", "whenever"),
        ("hours_of_week", ""),
        ("months", ["13"]),
        ("months", []),
        ("waste_code", "12"),
        ("temperature_celsius_min", "1e400"),
        ("temperature_celsius_min", "warm"),
        ("valid_from", "2026-02-31"),
        ("price_per_unit", "1e50"),
        ("currency", "XXX"),
        ("methods", ["teleport"]),
        ("storage_days", "long"),
    ]

    def test_nonsense_is_told_at_its_field(self, browser, valid, subtests):
        for field, value in self.NONSENSE:
            with subtests.test(f"{field}: {value[:40]}"):
                response = browser.post(add_url(ResourceFlow), valid | {field: value})

                assert field in errors_of(response)
                assert not ResourceFlow.objects.exists()

    UNFIT = [
        {"min_amount": "3"},
        {"temperature_celsius_min": "90", "temperature_celsius_max": "80"},
        {"temperature_celsius_min": "-300"},
        {"ph_max": "15"},
        {"purity_pct_max": "101"},
        {"valid_from": "2026-02-02", "valid_to": "2026-01-01"},
        {"current_cost_per_unit": "-1"},
        {"max_distance_km": "0"},
        {"storage_days": "1e6"},
    ]

    def test_what_does_not_fit_is_told(self, browser, valid, subtests):
        for values in self.UNFIT:
            with subtests.test(str(values)):
                assert errors_of(browser.post(add_url(ResourceFlow), valid | values))
                assert not ResourceFlow.objects.exists()

    def test_a_group_is_no_type_of_a_flow(self, browser, valid):
        group = ResourceType.objects.filter(is_group=True).first()

        response = browser.post(add_url(ResourceFlow), valid | {"resource_type": group.pk})

        assert "resource_type" in errors_of(response)

    @pytest.mark.parametrize(
        ("content", "told_at"),
        [
            ({"substance": "Cd!", "mg_per_kg": "1"}, "substance"),
            ({"substance": "cd", "mg_per_kg": "nan"}, "mg_per_kg"),
            ({"substance": "cd", "mg_per_kg": ""}, "mg_per_kg"),
            ({"substance": "cd", "mg_per_kg": "-1"}, "__all__"),
            ({"substance": "cd", "mg_per_kg": "2000000"}, "__all__"),
        ],
    )
    def test_wrong_contaminants_are_told(self, browser, valid, content, told_at):
        response = browser.post(add_url(ResourceFlow), valid | rows("contaminants", content))

        assert told_at in errors_of(response)
        assert not ResourceFlow.objects.exists()

    def test_a_substance_is_named_once(self, browser, valid):
        content = {"substance": "cd", "mg_per_kg": "1"}

        response = browser.post(
            add_url(ResourceFlow), valid | rows("contaminants", content, content)
        )

        assert errors_of(response)

    def test_stays_with_its_organization(self, browser, valid):
        flow = ResourceFlowFactory()

        response = browser.post(change_url(flow), valid)

        assert "site" in errors_of(response)

    def test_with_proposals_is_not_deleted(self, browser, populated):
        flow = ResourceFlow.objects.get(direction="input")

        response = browser.post(delete_url(flow), {"post": "yes"})

        assert response.context["protected"]
