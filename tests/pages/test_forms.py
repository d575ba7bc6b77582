"""What people type, right and wrong: errors stand at the field, and nothing is half-written."""

import pytest
from django.urls import reverse

from organizations.models import FlowContaminant, Organization, ResourceFlow, ResourceType, Site
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db

ORGANIZATION = {"name": "Greenhouse", "subtype": "business", "visibility": "public"}
SITE = {"name": "North", "location_longitude": "11.1", "location_latitude": "55.7"}


def test_a_first_organization_is_founded_and_leads_on(client_as, django_user_model):
    newcomer = django_user_model.objects.create_user(email="new@example.org")
    browser = client_as(newcomer)
    assert (
        reverse("organizations:organization-create") in browser.get("/dashboard").content.decode()
    )
    answer = browser.post(reverse("organizations:organization-create"), ORGANIZATION, follow=True)
    assert "New site of" in answer.content.decode()
    assert newcomer.organizations.get().name == "Greenhouse"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("name", "nul\x00"),
        ("subtype", "club"),
        ("sector", "potatoes"),
        ("website", "javascript:alert(1)"),
        ("description", "x" * 5001),
        ("visibility", "secret"),
    ],
)
def test_a_wrong_organization_is_told_at_the_field(client_as, alice, field, value):
    count = Organization.objects.count()
    url = reverse("organizations:organization-create")
    answer = client_as(alice).post(url, ORGANIZATION | {field: value})
    assert answer.status_code == 400
    assert answer.context["form"].errors[field]
    assert Organization.objects.count() == count


@pytest.mark.parametrize(
    ("field", "name", "value"),
    [
        ("name", "name", ""),
        ("location", "location_latitude", "91"),
        ("location", "location_longitude", "-180.1"),
        ("location", "location_longitude", ""),
        ("location", "location_latitude", "nan"),
        ("location", "location_latitude", "here"),
        ("country", "country", "Denmark"),
        ("country", "country", "D1"),
        ("address", "address", "x" * 301),
    ],
)
def test_a_wrong_site_is_told_at_the_field(
    client_as, alice, alices_organization, field, name, value
):
    url = reverse("organizations:site-create", args=[alices_organization.pk])
    answer = client_as(alice).post(url, SITE | {name: value})
    assert answer.status_code == 400
    assert answer.context["form"].errors[field]
    assert not Site.objects.exists()


def test_a_site_is_made_and_moved(client_as, bob, alices_organization):
    browser = client_as(bob)
    browser.post(
        reverse("organizations:site-create", args=[alices_organization.pk]),
        SITE | {"country": "dk"},
    )
    site = Site.objects.get()
    assert (site.location.x, site.location.y, site.country) == (11.1, 55.7, "DK")
    edit = reverse("organizations:site-edit", args=[site.pk])
    assert 'value="11.1"' in browser.get(edit).content.decode()
    browser.post(edit, SITE | {"location_longitude": "12"})
    site.refresh_from_db()
    assert site.location.x == 12


@pytest.fixture
def site(alices_organization):
    return SiteFactory(organization=alices_organization)


@pytest.fixture
def flow_url(site):
    return reverse("organizations:flow-create", args=[site.organization_id])


def flow_fields(client, url) -> dict[str, object]:
    """What a browser would send of the untouched form."""
    form = client.get(url).context["form"]
    values = {field.html_name: field.value() for field in form}
    return {name: value for name, value in values.items() if value not in (None, False)}


def minimal(client, url, **fields) -> dict[str, object]:
    heat = ResourceType.objects.get(code="heat.hot_water").pk
    first = {"direction": "output", "resource_type": heat, "amount": "5"}
    return flow_fields(client, url) | first | fields


def test_a_first_flow_needs_only_direction_type_and_amount(client_as, alice, flow_url, site):
    browser = client_as(alice)
    answer = browser.post(flow_url, minimal(browser, flow_url))
    assert answer.status_code == 302, answer.context["form"].errors
    flow = ResourceFlow.objects.get()
    assert flow.site == site
    assert flow.name == flow.resource_type.label
    assert (flow.quantity_per_year, flow.unit, flow.status) == (5, "MWh", "active")
    assert (len(flow.hours_of_week), len(flow.months)) == (168, 12)


def test_without_a_site_the_flow_form_leads_to_the_site_form(client_as, alice, alices_organization):
    url = reverse("organizations:flow-create", args=[alices_organization.pk])
    answer = client_as(alice).get(url)
    assert answer.url == reverse("organizations:site-create", args=[alices_organization.pk])


def test_all_that_a_form_says_is_kept(client_as, alice, flow_url):
    browser = client_as(alice)
    said = minimal(
        browser,
        flow_url,
        name="Steam",
        amount="2",
        unit="GJ",
        per="hour",
        min_amount="1",
        temperature_celsius_min="80",
        hours_of_week="Mon-Fri 06:00-22:00",
        months=["1", "2"],
        contaminants="cd 1.5\nPb 40\n\n",
        methods=["pipe"],
        valid_from="2026-01-01",
    )
    answer = browser.post(flow_url, said)
    assert answer.status_code == 302, answer.context["form"].errors
    flow = ResourceFlow.objects.get()
    assert str(flow.hours_of_week) == "Mon-Fri 06:00-22:00"
    assert flow.quantity_per_year == pytest.approx(2 / 3.6 * 8760 * 59 / 365 * 80 / 168)
    assert dict(flow.contaminants.values_list("substance", "mg_per_kg")) == {"cd": 1.5, "pb": 40}
    # The form of the flow says it again, and saving it untouched changes nothing.
    edit = reverse("organizations:flow-edit", args=[flow.pk])
    again = flow_fields(browser, edit)
    assert again["contaminants"] == "cd 1.5\npb 40"
    assert browser.post(edit, again).status_code == 302
    same = ResourceFlow.objects.get()
    assert same.quantity_per_year == flow.quantity_per_year
    assert (same.months, same.methods, same.contaminants.count()) == ([1, 2], ["pipe"], 2)


WRONG_FLOWS = [
    ("site", "0198f9e5-0000-7000-8000-000000000000"),
    ("site", "mine"),
    ("direction", "up"),
    ("resource_type", "0"),
    ("resource_type", "heat"),
    ("amount", ""),
    ("amount", "-1"),
    ("amount", "0"),
    ("amount", "1e400"),
    ("amount", "NaN"),
    ("amount", "0.0000001"),
    ("unit", "bananas"),
    ("unit", "m3"),
    ("per", "century"),
    ("min_amount", "6"),
    ("min_amount", "-1"),
    ("temperature_celsius_min", "-300"),
    ("temperature_celsius_min", "inf"),
    ("ph_max", "15"),
    ("purity_pct_min", "101"),
    ("waste_code", "12"),
    ("hours_of_week", "always"),
    ("hours_of_week", "Mon 10:00-10:00"),
    ("hours_of_week", "x" * 100_000),
    ("months", "13"),
    ("contaminants", "cadmium"),
    ("contaminants", "cd -1"),
    ("contaminants", "cd nan"),
    ("contaminants", "c d! 1"),
    ("valid_from", "yesterday"),
    ("currency", "XXX"),
    ("current_cost_per_unit", "-5"),
    ("price_per_unit", "1e12"),
    ("methods", "teleport"),
    ("max_distance_km", "0"),
    ("max_distance_km", "50000"),
    ("storage_days", "-1"),
    ("status", "gone"),
    ("visibility", "secret"),
    ("name", "x" * 201),
    ("description", "x" * 5001),
]


def test_a_wrong_flow_is_told_at_the_field(client_as, alice, flow_url, subtests):
    browser = client_as(alice)
    right = minimal(browser, flow_url)
    for field, value in WRONG_FLOWS:
        with subtests.test(f"{field}: {value[:40]}"):
            answer = browser.post(flow_url, right | {field: value})
            assert answer.status_code == 400
            assert list(answer.context["form"].errors) == [field]
            assert f"id_{field}_error" in answer.content.decode()
            assert not ResourceFlow.objects.exists()
            assert not FlowContaminant.objects.exists()


def test_a_range_upside_down_is_told_at_its_end(client_as, alice, flow_url):
    browser = client_as(alice)
    said = {"temperature_celsius_min": "90", "temperature_celsius_max": "80"}
    answer = browser.post(flow_url, minimal(browser, flow_url, **said))
    assert list(answer.context["form"].errors) == ["temperature_celsius_max"]
    assert "Quality" in answer.content.decode()


def test_too_many_contaminants_are_refused(client_as, alice, flow_url):
    browser = client_as(alice)
    lines = "\n".join(f"s{number} 1" for number in range(60))
    answer = browser.post(flow_url, minimal(browser, flow_url, contaminants=lines))
    assert answer.status_code == 400
    assert not ResourceFlow.objects.exists()


def test_the_site_of_another_organization_cannot_be_chosen(client_as, alice, flow_url):
    theirs = SiteFactory()
    browser = client_as(alice)
    answer = browser.post(flow_url, minimal(browser, flow_url, site=str(theirs.pk)))
    assert list(answer.context["form"].errors) == ["site"]
