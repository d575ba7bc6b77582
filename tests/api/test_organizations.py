"""Organizations and their members on the API."""

import pytest

from organizations.models import Membership, Organization
from tests.factories import MembershipFactory, OrganizationFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/organizations"


def names(response) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["name"] for row in response.json()]


def test_who_i_am(api, api_as, alice, alices_organization):
    assert api.get("/api/v1/users/me").status_code == 401
    assert api_as(alice).get("/api/v1/users/me").json()["email"] == "alice@example.org"


def test_my_organizations_with_my_role_in_each(api, api_as, alice, alices_organization):
    other = MembershipFactory(user=alice, role="viewer", organization__name="Zeta")
    rows = api_as(alice).get("/api/v1/users/me/organizations").json()
    assert [(row["id"], row["role"]) for row in rows] == [
        (str(alices_organization.pk), "owner"),
        (str(other.organization_id), "viewer"),
    ]
    assert set(rows[0]) == {"id", "name", "slug", "subtype", "role", "joined_at"}
    assert api.get("/api/v1/users/me/organizations").status_code == 401


def test_who_founds_an_organization_owns_it(api_as, charlie):
    response = api_as(charlie).post(URL, {"name": "Новый завод", "subtype": "business"})
    assert response.status_code == 201, response.content
    created = Organization.objects.get(pk=response.json()["id"])
    assert created.slug
    assert Membership.objects.get(organization=created).role == "owner"
    assert Membership.objects.get(organization=created).user == charlie


def test_anonymous_callers_read_what_is_public_and_write_nothing(api):
    public = OrganizationFactory(name="Public")
    private = OrganizationFactory(name="Private", visibility="private")
    network = OrganizationFactory(name="Network", visibility="network")
    assert names(api.get(URL)) == ["Public"]
    for hidden in (private, network):
        assert api.get(f"{URL}/{hidden.pk}").status_code == 404
    assert api.post(URL, {"name": "Mine"}).status_code == 401
    assert api.patch(f"{URL}/{public.pk}", {"name": "Mine"}).status_code == 401


def test_members_of_any_organization_see_the_network(api_as, charlie, facilitator):
    OrganizationFactory(name="Network", visibility="network")
    OrganizationFactory(name="Private", visibility="private")
    loner = UserFactory()
    assert "Network" in names(api_as(charlie).get(URL))
    assert "Network" not in names(api_as(loner).get(URL))
    assert "Private" not in names(api_as(charlie).get(URL))
    assert "Private" in names(api_as(facilitator).get(URL))


def test_only_owners_and_managers_change_an_organization(
    api_as, alice, bob, vera, charlie, facilitator, alices_organization
):
    url = f"{URL}/{alices_organization.pk}"
    for user in (bob, vera, charlie, facilitator):
        assert api_as(user).patch(url, {"name": "Mine"}).status_code == 403
        assert api_as(user).delete(url).status_code == 403
    answer = api_as(alice).patch(url, {"name": "Renamed", "sector": "35.11"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Renamed")
    assert api_as(alice).delete(url).status_code == 204


def test_filters(api):
    near = OrganizationFactory(name="Near", subtype="utility", sector="35.11")
    SiteFactory(organization=near)
    OrganizationFactory(name="Far", description="has no site")
    for query, expected in [
        ("q=nea", ["Near"]),
        ("q=no+site", ["Far"]),
        ("subtype=utility", ["Near"]),
        ("sector=35", ["Near"]),
        ("bbox=11,55,12,56", ["Near"]),
        ("bbox=-10,0,10,10", []),
        ("near=11.1,55.7&radius_km=10", ["Near"]),
        ("near=12.1,55.7&radius_km=10", []),
        ("limit=1", ["Far"]),
        ("limit=1&offset=1", ["Near"]),
    ]:
        assert names(api.get(f"{URL}?{query}")) == expected, query


def test_the_rest_of_a_list_is_told_in_headers(api):
    OrganizationFactory.create_batch(5)
    response = api.get(f"{URL}?limit=2&offset=2")
    assert response["X-Total-Count"] == "5"
    links = response["Link"]
    assert 'offset=4>; rel="next"' in links
    assert 'rel="prev"' in links
    assert 'rel="first"' in links


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999", "offset"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=a,b,c,d", "bbox"),
        ("bbox=0,10,1,5", "bbox"),
        ("bbox=0,nan,1,5", "bbox"),
        ("near=200,0", "near"),
        ("near=1", "near"),
        ("near=1,1&radius_km=0", "radius_km"),
        ("near=1,1&radius_km=1e9", "radius_km"),
        ("near=1,1&radius_km=x", "radius_km"),
        ("radius_km=5", "radius_km"),
        ("subtype=bakery", "subtype"),
    ],
)
def test_a_wrong_parameter_is_named(api, query, parameter):
    response = api.get(f"{URL}?{query}")
    assert response.status_code == 400
    assert parameter in response.json()["errors"]


@pytest.mark.parametrize("size", [1, 20])
def test_a_list_costs_two_queries_whatever_its_size(api, django_assert_num_queries, size):
    OrganizationFactory.create_batch(size)
    with django_assert_num_queries(2):
        assert len(names(api.get(URL))) == size


class TestMembers:
    def url(self, organization, membership=None) -> str:
        url = f"{URL}/{organization.pk}/members"
        return f"{url}/{membership.pk}" if membership else url

    def test_members_read_and_outsiders_do_not(
        self, api, api_as, alice, vera, charlie, alices_organization
    ):
        url = self.url(alices_organization)
        assert len(api_as(vera).get(url).json()) == 2
        assert api_as(charlie).get(url).status_code == 403
        assert api.get(url).status_code == 401

    @pytest.mark.parametrize("email", ["vera@example.org", "nobody@example.org"])
    def test_outsiders_do_not_learn_who_has_signed_up(
        self, api_as, vera, charlie, alices_organization, email
    ):
        url = self.url(alices_organization)
        for user in (vera, charlie):
            answer = api_as(user).post(url, {"email": email, "role": "member"})
            assert answer.status_code == 403

    def test_owners_add_change_and_remove(self, api_as, alice, charlie, alices_organization):
        url = self.url(alices_organization)
        added = api_as(alice).post(url, {"email": "Charlie@Example.org", "role": "member"})
        assert added.status_code == 201, added.content
        membership = Membership.objects.get(pk=added.json()["id"])
        again = api_as(alice).post(url, {"email": "charlie@example.org", "role": "member"})
        assert (again.status_code, list(again.json()["errors"])) == (400, ["email"])
        nobody = api_as(alice).post(url, {"email": "nobody@example.org", "role": "member"})
        assert (nobody.status_code, list(nobody.json()["errors"])) == (400, ["email"])
        one = self.url(alices_organization, membership)
        assert api_as(alice).patch(one, {"role": "owner"}).json()["role"] == "owner"
        assert api_as(alice).patch(one, {"role": "emperor"}).status_code == 400
        assert api_as(alice).delete(one).status_code == 204

    def test_the_last_owner_stays(self, api_as, alice, bob, alices_organization):
        membership = alice.memberships.get()
        one = self.url(alices_organization, membership)
        for response in (
            api_as(alice).patch(one, {"role": "member"}),
            api_as(alice).delete(one),
        ):
            assert response.status_code == 409
            assert response.json()["type"] == "urn:turash:problem:last_owner"
        membership.refresh_from_db()
        assert membership.role == "owner"

    def test_members_leave_but_do_not_send_away(self, api_as, alice, bob, alices_organization):
        theirs = self.url(alices_organization, alice.memberships.get())
        assert api_as(bob).delete(theirs).status_code == 403
        assert (
            api_as(bob).delete(self.url(alices_organization, bob.memberships.get())).status_code
            == 204
        )
