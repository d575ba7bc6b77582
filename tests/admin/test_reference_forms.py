"""Resource types and currency rates: nonsense is told at fields."""

from datetime import date

import pytest

from organizations.models import (
    CurrencyRate,
    ResourceType,
)
from tests.admin.posting import add_url, change_url, delete_url, errors_of
from tests.factories import (
    ResourceFlowFactory,
)

pytestmark = pytest.mark.django_db


class TestResourceType:
    @pytest.fixture
    def valid(self) -> dict:
        return {
            "parent": ResourceType.objects.get(code="heat").pk,
            "code": "heat.thermal_oil",
            "family": "energy",
            "unit": "MWh",
            "name": "Thermal oil",
            "transport": "pipe",
            "max_distance_km": "2",
            "temperature_rule": "at_least",
            "waste_codes": "",
        }

    def test_grows_the_tree(self, browser, valid):
        assert browser.post(add_url(ResourceType), valid).status_code == 302
        assert ResourceType.objects.get(code="heat.thermal_oil").parent.code == "heat"

    @pytest.mark.parametrize(
        ("field", "value", "told_at"),
        [
            ("code", "water.oil", "code"),
            ("code", "Heat.Oil", "code"),
            ("code", "heat.steam", "code"),
            ("parent", "99999", "parent"),
            ("parent", "", "code"),
            ("unit", "furlong per", "unit"),
            ("unit", "", "__all__"),
            ("max_distance_km", "-1", "max_distance_km"),
            ("max_distance_km", "inf", "max_distance_km"),
            ("waste_codes", "1,2", "waste_codes"),
            ("price_eur_per_unit", "3", "price_source"),
            ("co2_t_per_unit", "nan", "co2_t_per_unit"),
        ],
    )
    def test_nonsense_is_told_at_its_field(self, browser, valid, field, value, told_at):
        assert told_at in errors_of(browser.post(add_url(ResourceType), valid | {field: value}))

    def test_keeps_its_unit_and_code(self, browser, valid):
        steam = ResourceType.objects.get(code="heat.steam")

        assert browser.post(change_url(steam), valid | {"unit": "t"}).status_code == 302
        steam.refresh_from_db()
        assert (steam.code, steam.unit, steam.name) == ("heat.steam", "MWh", "Thermal oil")

    def test_in_use_is_not_deleted(self, browser):
        flow = ResourceFlowFactory()

        response = browser.post(delete_url(flow.resource_type), {"post": "yes"})

        assert response.context["protected"]


class TestCurrencyRate:
    VALID = {
        "code": "SEK", "eur_per_unit": "0.09", "as_of_date": "2026-01-02", "source": "ECB",
    }  # fmt: skip

    def test_is_added(self, browser):
        assert browser.post(add_url(CurrencyRate), self.VALID).status_code == 302
        assert CurrencyRate.objects.get(code="SEK").as_of_date == date(2026, 1, 2)

    @pytest.mark.parametrize(
        ("field", "value", "told_at"),
        [
            ("code", "sek", "code"),
            ("code", "DKK", "code"),
            ("eur_per_unit", "0", "__all__"),
            ("eur_per_unit", "1e40", "eur_per_unit"),
            ("as_of_date", "yesterday", "as_of_date"),
            ("source", "", "source"),
        ],
    )
    def test_nonsense_is_told_at_its_field(self, browser, field, value, told_at):
        response = browser.post(add_url(CurrencyRate), self.VALID | {field: value})

        assert told_at in errors_of(response)

    def test_a_euro_stays_a_euro(self, browser):
        euro = CurrencyRate.objects.get(code="EUR")

        assert "eur_per_unit" in errors_of(browser.post(change_url(euro), self.VALID))
        assert browser.post(delete_url(euro), {"post": "yes"}).status_code == 403
