"""The history that triggers keep, its way back, and what facilitators decide: merge, act, erase."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.gis.geos import Point
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from organizations import services
from organizations.models import (
    Acting,
    Contact,
    Membership,
    Organization,
    OrganizationMerge,
    ResourceFlow,
    Site,
    User,
)
from organizations.models.user import StaffRole
from proposals import services as proposal_services
from proposals.models import Proposal
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
    UserFactory,
)
from turash.callers.services import make_token
from turash.history.cause import caused_by
from turash.history.models import Change
from turash.mail.models import Mail
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db) -> User:
    user = UserFactory(email="boss@example.org", full_name="Rita", is_staff=True)
    user.groups.add(Group.objects.get(name=StaffRole.REGION_ADMIN.value))
    return user


def newest(row, **fields) -> Change:
    return Change.objects.of(type(row), [row.pk]).filter(**fields).first()


def propose(sender, resource, actor) -> Proposal:
    return proposal_services.create_proposal(
        actor=actor,
        from_organization=sender,
        to_organization=resource.organization,
        resource=resource,
        direction=resource.direction,
        message="Shall we?",
    )


class TestHistory:
    def test_says_who_changed_what_by_which_way(self, client_as, api_as, alice, facilitator):
        site = SiteFactory(organization=alice.organizations.get(), name="Old")

        # 1. by the API; 2. by the admin; 3. by SQL, past all code.
        flow = ResourceFlowFactory(site=site)
        api = api_as(alice)
        tag = api.get(f"/api/v1/sites/{site.pk}")["ETag"]
        changed = {"name": "New", "address": "/*turash actor=0 via=no*/"}
        response = api.patch(f"/api/v1/sites/{site.pk}", changed, headers={"If-Match": tag})
        assert response.status_code == 200, response.content
        by_api = newest(site)
        assert (by_api.operation, by_api.actor_id, by_api.via) == ("U", alice.pk, "api")
        assert by_api.changes["name"] == ["Old", "New"]
        assert by_api.changes.keys() == {"name", "address"}
        assert by_api.organization_ids == [site.organization_id]

        data = {"action": "pause", "_selected_action": [str(flow.pk)]}
        client_as(facilitator).post(reverse("admin:organizations_resourceflow_changelist"), data)
        by_admin = newest(flow)
        assert (by_admin.actor_id, by_admin.via) == (facilitator.pk, "admin")
        assert by_admin.changes == {"status": ["active", "paused"]}

        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE organizations_site SET location = 'POINT(10 50)' WHERE id = %s", [site.pk]
            )
        assert newest(site).changes.keys() == {"location"}
        assert newest(site).actor_id is None
        assert newest(site).database_role
        # The flow followed its site, and that is known, too.
        assert newest(flow).changes.keys() == {"location"}

        # What changes nothing is no change; whatever fires in bulk is one row each.
        before = Change.objects.count()
        Site.objects.update(name="New", updated_at=timezone.now())
        assert Change.objects.count() == before
        made = OrganizationFactory.create_batch(3)
        assert [newest(row).operation for row in made] == ["I"] * 3

    def test_is_not_changed(self, alice):
        row = Change.objects.first()
        for write in (
            lambda: Change.objects.filter(pk=row.pk).update(actor_id=None),
            lambda: Change.objects.filter(pk=row.pk).delete(),
        ):
            with pytest.raises(DatabaseError, match="not changed"), transaction.atomic():
                write()
        # Nor does it hold a secret: passwords change often, and are never told.
        alice.set_password("something else")
        alice.save()
        assert newest(alice).changes == {"password": ["***", "***"]}

    def test_former_states_come_back(self, client_as, facilitator, alice):
        organization = alice.organizations.get()
        flow = ResourceFlowFactory(
            site=SiteFactory(organization=organization), name="Steam", contaminants={"cd": 1.5}
        )
        with caused_by(alice.pk, "page"):
            flow.name, flow.amount = "Hot steam", 2000
            services.save_flow(flow, contaminants={"pb": 3, "cd": 2})
        change = newest(flow)
        browser = client_as(facilitator)

        page = browser.get(reverse("admin:organizations_resourceflow_history", args=[flow.pk]))
        html = page.content.decode()
        assert "<del>Steam</del>" in html
        assert "<ins>Hot steam</ins>" in html
        assert "Alice" in html
        restore = reverse("admin:organizations_resourceflow_restore", args=[flow.pk, change.pk])
        assert restore in html
        assert "<ins>Steam</ins>" in browser.get(restore).content.decode()
        assert browser.post(restore).status_code == 302
        flow = ResourceFlow.objects.get(pk=flow.pk)
        assert (flow.name, flow.amount, flow.quantity_per_year) == ("Steam", 1000, 1000)
        assert {row.substance: row.mg_per_kg for row in flow.contaminants.all()} == {"cd": 1.5}
        assert newest(flow).actor_id == facilitator.pk

        # A deleted site comes back as it was; where its organization is gone, that is told.
        site = SiteFactory(organization=organization, name="Gone", location=Point(10.5, 55.25))
        key = site.pk
        site.delete()
        change = Change.objects.of(Site, [key]).first()
        restore = reverse("admin:organizations_site_restore", args=[key, change.pk])
        assert browser.post(restore).status_code == 302
        site = Site.objects.get(pk=key)
        assert (site.name, site.location.coords) == ("Gone", (10.5, 55.25))
        other = SiteFactory()
        change = newest(other)
        other.delete()
        Organization.objects.filter(pk=other.organization_id).delete()
        change = Change.objects.filter(row_id=change.row_id).first()
        restore = reverse("admin:organizations_site_restore", args=[change.row_id, change.pk])
        assert browser.post(restore).status_code == 400


class TestMerging:
    def test_keeps_every_reference_and_the_history(
        self, client_as, api_as, facilitator, alice, charlie
    ):
        kept = OrganizationFactory(name="Nordic Steel AS")
        double = OrganizationFactory(
            name="Nordic Steel A/S", source="register", external_id="7", sector="24",
            verified_at=timezone.now(),
        )  # fmt: skip
        OrganizationFactory(name="Baltic Glass")
        MembershipFactory(organization=kept, user=alice, role="viewer")
        MembershipFactory(organization=double, user=alice, role="owner")
        MembershipFactory(organization=double, user=charlie, role="member")
        output = ResourceFlowFactory(site=SiteFactory(organization=double))
        needed = ResourceFlowFactory(direction="input")
        Contact.objects.create(organization=double, email="steel@example.org")
        proposal = propose(double, needed, alice)
        browser = client_as(facilitator)

        page = browser.get(reverse("admin:organizations_organization_duplicates"))
        ((pair),) = page.context["pairs"]
        assert {pair.organization.name, pair.other_name} == {kept.name, double.name}
        merge = reverse("admin:organizations_organization_merge", args=[double.pk])
        assert str(kept.pk) in browser.get(merge, {"into": str(kept.pk)}).content.decode()
        assert browser.post(merge, {"into": str(double.pk)}).status_code == 400
        assert browser.post(merge, {"into": str(kept.pk)}).status_code == 302

        assert not Organization.objects.filter(pk=double.pk).exists()
        kept.refresh_from_db()
        assert (kept.source, kept.external_id, kept.sector) == ("register", "7", "24")
        assert kept.verified_at
        roles = dict(kept.memberships.values_list("user__email", "role"))
        assert roles == {alice.email: "owner", charlie.email: "member"}
        output.refresh_from_db()
        proposal.refresh_from_db()
        assert {
            output.organization_id, proposal.from_organization_id,
            proposal.transitions.get().organization_id, proposal.terms.get().organization_id,
        } == {kept.pk}  # fmt: skip
        assert kept.contact.email == "steel@example.org"
        merged = OrganizationMerge.objects.get()
        assert (merged.merged_id, merged.into, merged.merged_by) == (double.pk, kept, facilitator)
        assert merged.moved["proposals_proposal.from_organization_id"] == 1
        # The old address leads on, and the old history is told with the new.
        response = client_as(alice).get(f"/organizations/{double.pk}")
        assert response.url == f"/organizations/{kept.pk}"
        api = api_as(alice)
        for below in ("", "/members", "/sites?limit=5&offset=0", "/outcomes"):
            response = api.get(f"/api/v1/organizations/{double.pk}{below}")
            assert response.status_code == 308, below
            assert response["Location"] == f"/api/v1/organizations/{kept.pk}{below}"
            assert api.get(response["Location"]).status_code == 200
        # Nobody writes to another organization than they name.
        gone = f"/api/v1/organizations/{double.pk}"
        assert api.patch(gone, {"name": "Other"}, format="json").status_code == 404
        assert api.get(f"/api/v1/organizations/{output.pk}").status_code == 404
        page = client_as(alice).get(f"/organizations/{double.pk}/outcomes?first=2026-01")
        assert page["Location"] == f"/organizations/{kept.pk}/outcomes?first=2026-01"
        history = browser.get(reverse("admin:organizations_organization_history", args=[kept.pk]))
        assert "Nordic Steel A/S" in history.content.decode()

    def test_of_who_negotiate_with_each_other_is_refused(self, client_as, facilitator, charlie):
        kept, needed = charlie.organizations.get(), ResourceFlowFactory(direction="input")
        propose(kept, needed, charlie)
        before = Change.objects.count()
        merge = reverse("admin:organizations_organization_merge", args=[needed.organization_id])

        response = client_as(facilitator).post(merge, {"into": str(kept.pk)})

        assert response.status_code == 400
        assert "The two cannot be one" in response.content.decode()
        assert Change.objects.count() == before
        with pytest.raises(PermissionDenied):
            services.merge_organizations(actor=charlie, duplicate=needed.organization, into=kept)


class TestActing:
    def test_is_open_and_told(self, client_as, facilitator, alice, run_events):
        organization = alice.organizations.get()
        flow = ResourceFlowFactory(site=SiteFactory(organization=organization), name="Steam")
        needed = ResourceFlowFactory(direction="input")
        browser, edit = client_as(facilitator), f"/flows/{flow.pk}/edit"
        assert browser.get(edit).status_code == 403
        act = reverse("admin:organizations_organization_act", args=[organization.pk])

        assert browser.post(act, {"reason": " "}).status_code == 400
        assert browser.post(act, {"reason": "Alice called"}).status_code == 302
        page = browser.get(edit)
        assert page.status_code == 200
        assert "You act for" in page.content.decode()
        assert permissions_of(facilitator, organization) == "manager"
        services.update_flow(actor=facilitator, flow=flow, status="paused")
        with caused_by(facilitator.pk, "page"):
            services.update_flow(actor=facilitator, flow=flow, name="Hot steam")
            proposal = propose(organization, needed, facilitator)
        acting = Acting.objects.get()
        assert newest(flow).acting_id == newest(proposal).acting_id == acting.pk
        # Nothing else is done meanwhile, nor another act begun.
        assert browser.post(act, {"reason": "Again"}).status_code == 403
        with pytest.raises(services.CannotAct):
            services.start_acting(
                actor=facilitator, organization=needed.organization, reason="Also"
            )

        assert browser.post(reverse("organizations:acting-end")).status_code == 302
        acting.refresh_from_db()
        assert acting.ended_at
        assert browser.get(edit).status_code == 403
        run_events()
        told = Notification.objects.filter(organization=organization, subject_id=acting.pk)
        assert [row.type for row in told] == ["acting_started", "acting_ended"]
        done = client_as(alice).get(f"/organizations/{organization.pk}/acting").content.decode()
        assert "Alice called" in done
        assert "<ins>Hot steam</ins>" in done
        timeline = client_as(alice).get(f"/proposals/{proposal.pk}").content.decode()
        assert "by a facilitator, for the organization" in timeline

    def test_ends_by_itself_and_with_the_rights(self, facilitator, alice, alices_organization):
        start = {"actor": facilitator, "organization": alices_organization, "reason": "Asked"}
        acting = services.start_acting(**start)
        later = acting.expires_at
        assert services.end_overdue_acting(now=later - timedelta(seconds=1)) == 0
        assert services.end_overdue_acting(now=later) == 1

        # An owner ends it; and it ends when the facilitator is no longer staff, by whatever means.
        services.start_acting(**start)
        membership = Membership.objects.get(user=facilitator)
        with pytest.raises(Exception, match="as a manager"):
            services.change_role(actor=alice, membership=membership, role="owner")
        services.remove_member(actor=alice, membership=membership)
        assert not Acting.objects.filter(ended_at=None).exists()
        services.start_acting(**start)
        User.objects.filter(pk=facilitator.pk).update(is_staff=False)
        assert not Acting.objects.filter(ended_at=None).exists()
        assert not Membership.objects.filter(user=facilitator).exists()
        now = timezone.now()
        with pytest.raises(DatabaseError, match="Only staff"), transaction.atomic():
            Acting.objects.create(
                organization=alices_organization, user=alice, reason="Myself", started_at=now,
                expires_at=now + timedelta(hours=1),
            )  # fmt: skip


def permissions_of(user, organization) -> str:
    return Membership.objects.get(user=user, organization=organization).role


class TestErasing:
    def test_leaves_nothing_of_the_person(self, client_as, boss, facilitator, alice, bob):
        organization = alice.organizations.get()
        needed = ResourceFlowFactory(direction="input")
        MembershipFactory(organization=needed.organization)
        bob.memberships.update(role="manager")
        proposal = propose(organization, needed, bob)
        bob.full_name = "Robert"
        bob.save()
        make_token(bob)
        Mail.objects.create(
            user=bob, key="x", topic="all", subject="Dear Bob", body="Bob", language="en"
        )
        Contact.objects.create(organization=organization, person="Bob", email="BOB@example.org")
        erase = reverse("admin:organizations_user_erase", args=[bob.pk])
        assert client_as(facilitator).get(erase).status_code == 403
        browser = client_as(boss)

        assert browser.post(erase, {"email": "rob@example.org"}).status_code == 400
        assert browser.post(erase, {"email": bob.email}).status_code == 302

        bob = User.objects.get(pk=bob.pk)
        assert str(bob) == "Erased person"
        assert not bob.is_active
        assert proposal.transitions.get().actor == bob
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names():
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" AS one'
                    " WHERE one::text ~* 'bob@example|robert|dear bob'"
                )
                assert cursor.fetchone() == (0,), table
        with pytest.raises(DatabaseError, match="erased_is_nobody"), transaction.atomic():
            User.objects.filter(pk=bob.pk).update(is_active=True)

    def test_of_a_last_owner_or_by_others_is_refused(self, client_as, boss, alice, superuser):
        erase = reverse("admin:organizations_user_erase", args=[alice.pk])

        response = client_as(boss).post(erase, {"email": alice.email})

        assert response.status_code == 400
        assert "needs an owner" in response.content.decode()
        for person in (boss, superuser):
            with pytest.raises(PermissionDenied):
                services.erase_person(actor=boss, user=person)
