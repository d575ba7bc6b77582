"""Conversions on pages, in the API and the admin: who declares them, and what is refused where."""

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse

from organizations.models import Conversion, ResourceType, Visibility
from tests.admin.posting import add_url, change_url, errors_of
from tests.factories import ConversionFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db

API = "/api/v1/conversions"
# field, nonsense, where it is told
NONSENSE = [
    ("name", "", "name"),
    ("name", "x" * 201, "name"),
    ("from_type", "organic", "from_type"),
    ("to_type", "organic.manure", "to_type"),
    ("to_type", "gold", "to_type"),
    ("yield_per_unit", 0, "yield_per_unit"),
    ("yield_per_unit", -1, "yield_per_unit"),
    ("yield_per_unit", 2e6, "yield_per_unit"),
    ("yield_per_unit", "much", "yield_per_unit"),
    ("capacity_per_year", 0, "capacity_per_year"),
    ("capacity_per_year", 1e16, "capacity_per_year"),
    ("cost_eur_per_unit", -1, "cost_eur_per_unit"),
    ("cost_eur_per_unit", 10**10, "cost_eur_per_unit"),
    ("source", "", "source"),
    ("source", "   ", "source"),
    ("visibility", "secret", "visibility"),
]


@pytest.fixture
def site(alices_organization):
    return SiteFactory(organization=alices_organization)


@pytest.fixture
def body(site) -> dict:
    return {
        "site_id": str(site.pk), "name": "Digester", "from_type": "organic.manure",
        "to_type": "gas.biogas", "yield_per_unit": 0.2, "capacity_per_year": 5000,
        "cost_eur_per_unit": "3", "source": "Own measurement, 2025", "visibility": "public",
    }  # fmt: skip


def as_form(body: dict) -> dict:
    """The body as a browser sends it: types and site by their keys."""
    keys = dict(ResourceType.objects.values_list("code", "pk"))
    types = {name: keys.get(body[name], body[name]) for name in ("from_type", "to_type")}
    rest = {name: value for name, value in body.items() if name != "site_id"}
    return rest | types | {"site": body["site_id"]}


class TestApi:
    def test_is_declared_changed_and_deleted(self, api_as, bob, body, alices_organization):
        client = api_as(bob)
        made = client.post(API, body)
        assert made.status_code == 201, made.content
        assert made.json()["organization_id"] == str(alices_organization.pk)
        url = f"{API}/{made.json()['id']}"
        assert client.patch(url, {"yield_per_unit": 0.25}).json()["yield_per_unit"] == 0.25
        assert client.get(url).json()["name"] == "Digester"
        assert client.delete(url).status_code == 204
        assert not Conversion.objects.exists()

    @pytest.mark.parametrize(("field", "value", "told_at"), NONSENSE)
    def test_nonsense_is_told_at_its_field(self, api_as, alice, body, field, value, told_at):
        answer = api_as(alice).post(API, body | {field: value}, format="json")
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == [told_at]
        assert not Conversion.objects.exists()

    def test_a_site_of_somebody_else_is_refused(self, api_as, alice, body, charlies_organization):
        theirs = SiteFactory(organization=charlies_organization)
        client = api_as(alice)
        assert client.post(API, body | {"site_id": str(theirs.pk)}).status_code == 403
        ours = client.post(API, body).json()["id"]
        moved = client.patch(f"{API}/{ours}", {"site_id": str(theirs.pk)})
        assert list(moved.json()["errors"]) == ["site"]

    def test_who_may_not_edit_may_not_write(self, api, api_as, vera, charlie, body, site):
        one = ConversionFactory(site=site)
        assert api.post(API, body).status_code == 401
        for user in (vera, charlie):
            client = api_as(user)
            assert client.post(API, body).status_code == 403
            assert client.patch(f"{API}/{one.pk}", {"name": "Mine"}).status_code == 403
            assert client.delete(f"{API}/{one.pk}").status_code == 403
        assert Conversion.objects.get().name == one.name

    @pytest.mark.parametrize(
        ("visibility", "seen_by"),
        [
            (Visibility.PUBLIC, {"nobody", "stranger", "charlie", "vera", "facilitator"}),
            (Visibility.NETWORK, {"charlie", "vera", "facilitator"}),
            (Visibility.PRIVATE, {"vera", "facilitator"}),
        ],
    )
    def test_shows_what_one_may_see(
        self, api, api_as, charlie, vera, facilitator, site, visibility, seen_by
    ):
        one = ConversionFactory(site=site, visibility=visibility)
        clients = {"nobody": api, "stranger": api_as(UserFactory())}
        for user in (charlie, vera, facilitator):
            clients[user.email.split("@")[0]] = api_as(user)
        lists = {name for name, client in clients.items() if client.get(API).json()}
        opens = {
            name
            for name, client in clients.items()
            if client.get(f"{API}/{one.pk}").status_code == 200
        }
        assert lists == opens == seen_by

    def test_is_filtered(self, api, site):
        one = ConversionFactory(site=site)
        other = ConversionFactory(from_code="organic.biogas_feedstock")
        for query, expected in (
            (f"organization_id={site.organization_id}", one),
            ("from_type=organic.biogas_feedstock", other),
        ):
            (row,) = api.get(f"{API}?{query}").json()
            assert row["id"] == str(expected.pk)
        assert len(api.get(f"{API}?to_type=gas.biogas").json()) == 2

    def test_a_longer_list_takes_no_more_queries(self, api, django_assert_num_queries):
        for _ in range(2):
            ConversionFactory.create_batch(3)
            with django_assert_num_queries(2):
                api.get(API)


class TestPages:
    def test_is_declared_on_the_organizations_page(self, client_as, bob, body, site):
        browser = client_as(bob)
        home = reverse("organizations:organization-detail", args=[site.organization_id])
        create = reverse("organizations:conversion-create", args=[site.organization_id])
        assert create in browser.get(home).content.decode()
        assert browser.get(create).status_code == 200
        assert browser.post(create, as_form(body)).url == home
        html = browser.get(home).content.decode()
        assert "Digester" in html
        assert "0.2 MWh/t" in html

    @pytest.mark.parametrize(("field", "value", "told_at"), NONSENSE)
    def test_nonsense_is_told_at_its_field(
        self, client_as, alice, body, site, field, value, told_at
    ):
        url = reverse("organizations:conversion-create", args=[site.organization_id])
        answer = client_as(alice).post(url, as_form(body | {field: value}))
        assert answer.status_code == 400
        assert list(answer.context["form"].errors) == [told_at]

    def test_is_changed_and_deleted(self, client_as, alice, body, site):
        one = ConversionFactory(site=site)
        browser = client_as(alice)
        edit = reverse("organizations:conversion-edit", args=[one.pk])
        assert one.name in browser.get(edit).content.decode()
        browser.post(edit, as_form(body))
        assert Conversion.objects.get().name == "Digester"
        browser.post(reverse("organizations:conversion-delete", args=[one.pk]))
        assert not Conversion.objects.exists()

    def test_without_a_site_one_is_asked_for(self, client_as, alice, alices_organization):
        url = reverse("organizations:conversion-create", args=[alices_organization.pk])
        place = reverse("organizations:site-create", args=[alices_organization.pk])
        assert client_as(alice).get(url).url == place

    def test_others_do_not(self, client, client_as, vera, charlie, site):
        one = ConversionFactory(site=site)
        urls = [
            reverse("organizations:conversion-create", args=[site.organization_id]),
            reverse("organizations:conversion-edit", args=[one.pk]),
            reverse("organizations:conversion-delete", args=[one.pk]),
        ]
        for url in urls:
            assert client.post(url).url.startswith("/login")
            for user in (vera, charlie):
                assert client_as(user).post(url).status_code == 403
        home = reverse("organizations:organization-detail", args=[site.organization_id])
        assert urls[0] not in client_as(charlie).get(home).content.decode()
        Conversion.objects.update(visibility=Visibility.PRIVATE)
        assert client_as(charlie).post(urls[1]).status_code == 404
        assert one.name not in client_as(charlie).get(home).content.decode()


class TestAdmin:
    @pytest.fixture
    def browser(self, client_as):
        return client_as(UserFactory(is_staff=True, is_superuser=True))

    def test_is_declared_and_changed(self, browser, body):
        assert browser.post(add_url(Conversion), as_form(body)).status_code == 302
        one = Conversion.objects.get()
        browser.post(change_url(one), as_form(body | {"name": "Other"}))
        assert Conversion.objects.get().name == "Other"

    @pytest.mark.parametrize(("field", "value", "told_at"), NONSENSE)
    def test_nonsense_is_told_at_its_field(self, browser, body, field, value, told_at):
        answer = browser.post(add_url(Conversion), as_form(body | {field: value}))
        assert list(errors_of(answer)) == [told_at]


@pytest.mark.parametrize(
    "wrong",
    [
        {"yield_per_unit": 0}, {"yield_per_unit": 1e7}, {"capacity_per_year": -1},
        {"cost_eur_per_unit": -1}, {"source": ""}, {"from_type": F("to_type")},
    ],
)  # fmt: skip
def test_the_database_refuses_it_too(wrong):
    ConversionFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Conversion.objects.update(**wrong)
