"""Organizations, users and memberships: saved through services, nonsense is told at fields."""

import pytest

from exchanges.models import Declaration, Delivery
from organizations.models import (
    Membership,
    Organization,
    User,
)
from proposals.models import Proposal
from tests.admin.posting import HUGE, add_url, change_url, delete_url, errors_of, no_rows, rows
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    UserFactory,
)
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db


class TestOrganization:
    VALID = {
        "name": "Aalborg Portland", "subtype": "business", "visibility": "public",
        "figures_from": "matched",
    }  # fmt: skip

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
        data = self.VALID | {"name": "Imported", "slug": "imported"}
        data |= rows("memberships", {"user": alice.pk, "role": "owner"})

        assert browser.post(change_url(organization), data).status_code == 302
        assert alice in organization.users.all()

    @pytest.mark.parametrize("change", [{"role": "member"}, {"DELETE": "on"}])
    def test_keeps_an_owner(self, browser, alice, alices_organization, change):
        membership = alice.memberships.get()
        row = {"id": membership.pk, "user": alice.pk, "role": "owner"} | change
        data = self.VALID | {"name": "A", "slug": "a"}
        data |= rows("memberships", row, initial=1)

        assert "__all__" in errors_of(browser.post(change_url(alices_organization), data))
        assert alice.memberships.get().role == "owner"

    @pytest.mark.parametrize("row", [{"user": "x", "role": "owner"}, {"user": "", "role": "king"}])
    def test_nonsense_members_are_told(self, browser, row):
        data = self.VALID | rows("memberships", row)

        assert errors_of(browser.post(add_url(Organization), data))

    def test_may_change_its_owner(self, browser, alice, bob, alices_organization):
        first, second = (user.memberships.get() for user in (alice, bob))
        data = self.VALID | {"name": "A", "slug": "a"}
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
        Delivery.objects.all().delete()
        Declaration.objects.all().delete()
        Proposal.objects.all().delete()
        seller = Organization.objects.get(name="Seller 1")

        assert browser.post(delete_url(seller), {"post": "yes"}).status_code == 302
        assert not Organization.objects.filter(pk=seller.pk).exists()


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
