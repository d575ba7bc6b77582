"""The admin's forms: what they save goes through the services, and nonsense is told at fields."""

from datetime import date

import pytest
from django.urls import reverse

from organizations.models import (
    CurrencyRate,
    FlowContaminant,
    Membership,
    Organization,
    ResourceFlow,
    ResourceType,
    Site,
    User,
)
from proposals.models import Proposal
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
    UserFactory,
)
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db
HUGE = "x" * 100_000


def add_url(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def change_url(row) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def delete_url(row) -> str:
    return change_url(row).replace("/change/", "/delete/")


def no_rows(prefix: str) -> dict[str, str]:
    """The management form of an empty inline."""
    return {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}


def rows(prefix: str, *values: dict, initial: int = 0) -> dict[str, str]:
    data = {f"{prefix}-TOTAL_FORMS": str(len(values)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for number, row in enumerate(values):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def errors_of(response) -> dict[str, list[str]]:
    """The fields with errors, of the form and its inlines."""
    assert response.status_code == 200, "saved, or not found"
    errors = dict(response.context["adminform"].form.errors)
    for formset in response.context["inline_admin_formsets"]:
        for form_errors in formset.formset.errors:
            errors |= form_errors
        if formset.formset.non_form_errors():
            errors["__all__"] = list(formset.formset.non_form_errors())
    return errors


class TestOrganization:
    VALID = {"name": "Aalborg Portland", "subtype": "business", "visibility": "public"}

    def test_gets_a_slug_and_an_event(self, browser):
        response = browser.post(add_url(Organization), self.VALID | no_rows("memberships"))

        assert response.status_code == 302
        assert Organization.objects.get().slug == "aalborg-portland"
        assert DomainEvent.objects.filter(type="organization_created").count() == 1

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", HUGE),
            ("name", "a\0b"),
            ("slug", "not a slug!"),
            ("subtype", "kingdom"),
            ("sector", "99.999"),
            ("description", HUGE),
            ("website", "javascript:alert(1)"),
            ("visibility", "hidden"),
        ],
    )
    def test_nonsense_is_told_at_its_field(self, browser, field, value):
        data = self.VALID | no_rows("memberships") | {field: value}

        assert field in errors_of(browser.post(add_url(Organization), data))
        assert not Organization.objects.exists()

    def test_a_taken_slug_is_told(self, browser):
        OrganizationFactory(name="Other", slug="taken")
        data = self.VALID | no_rows("memberships") | {"slug": "taken"}

        assert "slug" in errors_of(browser.post(add_url(Organization), data))

    def test_gets_a_first_owner(self, browser, alice):
        organization = OrganizationFactory(name="Imported")
        data = {"name": "Imported", "slug": "imported", "subtype": "business"}
        data |= {"visibility": "public"}
        data |= rows("memberships", {"user": alice.pk, "role": "owner"})

        assert browser.post(change_url(organization), data).status_code == 302
        assert alice in organization.users.all()

    @pytest.mark.parametrize("change", [{"role": "member"}, {"DELETE": "on"}])
    def test_keeps_an_owner(self, browser, alice, alices_organization, change):
        membership = alice.memberships.get()
        row = {"id": membership.pk, "user": alice.pk, "role": "owner"} | change
        data = {"name": "A", "slug": "a", "subtype": "business", "visibility": "public"}
        data |= rows("memberships", row, initial=1)

        assert "__all__" in errors_of(browser.post(change_url(alices_organization), data))
        assert alice.memberships.get().role == "owner"

    @pytest.mark.parametrize("row", [{"user": "x", "role": "owner"}, {"user": "", "role": "king"}])
    def test_nonsense_members_are_told(self, browser, row):
        data = self.VALID | rows("memberships", row)

        assert errors_of(browser.post(add_url(Organization), data))

    def test_may_change_its_owner(self, browser, alice, bob, alices_organization):
        first, second = (user.memberships.get() for user in (alice, bob))
        data = {"name": "A", "slug": "a", "subtype": "business", "visibility": "public"}
        data |= rows(
            "memberships",
            {"id": first.pk, "user": alice.pk, "role": "viewer"},
            {"id": second.pk, "user": bob.pk, "role": "owner"},
            initial=2,
        )

        assert browser.post(change_url(alices_organization), data).status_code == 302
        assert bob.memberships.get().role == "owner"

    def test_with_proposals_is_not_deleted(self, browser, populated):
        seller = Organization.objects.get(name="Seller 1")

        response = browser.post(delete_url(seller), {"post": "yes"})

        assert response.status_code == 200
        assert response.context["protected"]
        assert Organization.objects.filter(pk=seller.pk).exists()

    def test_goes_with_its_flows_and_matches(self, browser, populated):
        Proposal.objects.all().delete()
        seller = Organization.objects.get(name="Seller 1")

        assert browser.post(delete_url(seller), {"post": "yes"}).status_code == 302
        assert not Organization.objects.filter(pk=seller.pk).exists()


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

    @pytest.mark.parametrize(
        ("field", "value", "told_at"),
        [
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
        ],
    )
    def test_nonsense_is_told_at_its_field(self, browser, valid, field, value, told_at):
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

    @pytest.mark.parametrize(
        ("field", "value"),
        [
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
        ],
    )
    def test_nonsense_is_told_at_its_field(self, browser, valid, field, value):
        response = browser.post(add_url(ResourceFlow), valid | {field: value})

        assert field in errors_of(response)
        assert not ResourceFlow.objects.exists()

    @pytest.mark.parametrize(
        "values",
        [
            {"min_amount": "3"},
            {"temperature_celsius_min": "90", "temperature_celsius_max": "80"},
            {"temperature_celsius_min": "-300"},
            {"ph_max": "15"},
            {"purity_pct_max": "101"},
            {"valid_from": "2026-02-02", "valid_to": "2026-01-01"},
            {"current_cost_per_unit": "-1"},
            {"max_distance_km": "0"},
            {"storage_days": "1e6"},
        ],
    )
    def test_what_does_not_fit_is_told(self, browser, valid, values):
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


class TestUser:
    VALID = {
        "email": "New@Example.org",
        "full_name": "New",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }

    def test_is_added_and_signs_in(self, facilitators_browser, client):
        assert facilitators_browser.post(add_url(User), self.VALID).status_code == 302
        assert client.login(username="new@example.org", password="correct horse battery")

    @pytest.mark.parametrize(
        ("field", "value", "told_at"),
        [
            ("email", "nobody", "email"),
            ("email", "ALICE@example.org", "email"),
            ("email", "", "email"),
            ("full_name", HUGE, "full_name"),
            ("password2", "another", "password2"),
            ("password1", "", "password1"),
        ],
    )
    def test_nonsense_is_told_at_its_field(self, browser, alice, field, value, told_at):
        response = browser.post(add_url(User), self.VALID | {field: value})

        assert told_at in errors_of(response)
        assert not User.objects.filter(email__iexact="new@example.org").exists()

    def test_takes_no_address_of_another(self, browser, alice, charlie):
        data = {"email": "Charlie@Example.org", "date_joined_0": "2026-01-01"}
        data |= {"date_joined_1": "00:00"} | no_rows("memberships")

        assert "email" in errors_of(browser.post(change_url(alice), data))

    def test_the_only_owner_is_not_deleted(self, browser, alice):
        response = browser.post(delete_url(alice), {"post": "yes"})

        assert response.context["protected"]
        assert User.objects.filter(pk=alice.pk).exists()

    def test_somebody_without_organizations_is_deleted(self, browser):
        user = UserFactory()

        assert browser.post(delete_url(user), {"post": "yes"}).status_code == 302
        assert not User.objects.filter(pk=user.pk).exists()


class TestMembership:
    def test_is_unique(self, browser, alice, alices_organization):
        data = {"organization": alices_organization.pk, "user": alice.pk, "role": "viewer"}

        assert "__all__" in errors_of(browser.post(add_url(Membership), data))

    def test_the_last_owner_stays(self, browser, alice):
        membership = alice.memberships.get()

        assert "role" in errors_of(browser.post(change_url(membership), {"role": "viewer"}))
        assert browser.post(delete_url(membership), {"post": "yes"}).context["protected"]

    def test_another_owner_may_leave(self, browser, alice, alices_organization):
        MembershipFactory(organization=alices_organization)
        membership = alice.memberships.get()

        assert browser.post(change_url(membership), {"role": "viewer"}).status_code == 302
