"""What seems wrong with the region's data: found, asked about, answered, and found again."""

from datetime import timedelta

import pytest
from django.contrib.gis.geos import Point
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from organizations import quality, services
from organizations.models import QualityFinding, ResourceFlow, ResourceType
from organizations.services.quality import ASKED_AGAIN_AFTER
from organizations.tasks import find_quality
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
    UserFactory,
)
from turash.history.models import Change
from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db
LIST = "/admin/organizations/qualityfinding/"
BREAD = "organic.biogas_feedstock.food_waste"
AT = {"city": "Kalundborg", "country": "DK"}


def bakery(number: int, amount: float, **fields) -> ResourceFlow:
    organization = OrganizationFactory(name=f"Bakery {number}", sector="10.71")
    site = SiteFactory(organization=organization, **AT)
    return ResourceFlowFactory(site=site, type_code=BREAD, name="Bread", amount=amount, **fields)


@pytest.fixture(scope="module")
def kept(kept_rows) -> ResourceFlow:
    """Of twelve bakeries one has stated kilograms as tonnes."""
    for number, amount in enumerate([500, 600, 700, 800, 850, 900, 950, 1000, 1100, 1200, 1300]):
        bakery(number, amount)
    return bakery(99, 4_000_000)


@pytest.fixture
def wrong(kept, db) -> ResourceFlow:
    return ResourceFlow.objects.get(pk=kept.pk)


@pytest.fixture
def owners(wrong):
    """Who hears of a question: who edits, each in their language."""
    people = {}
    for role in ("owner", "member", "viewer"):
        people[role] = UserFactory(email=f"{role}@bakery.example", full_name=role)
        MembershipFactory(organization=wrong.organization, user=people[role], role=role)
    people["member"].language = "ru"
    people["member"].save()
    return people


def found(**fields) -> dict[str, QualityFinding]:
    rows = QualityFinding.objects.open().filter(**fields)
    return {row.kind: row for row in rows}


def test_what_is_far_from_others_is_asked_about_once_and_confirmed_by_one_click(
    wrong, owners, facilitator, client_as, run_events
):
    staff = client_as(facilitator)
    page = staff.post(f"{LIST}scan/", follow=True)
    assert "A worker looks" in page.content.decode()
    run_events()
    page = staff.get(LIST)
    [finding] = page.context["cl"].result_list
    assert (finding.kind, finding.severity, finding.flow) == ("unusual", 3, wrong)
    reason = "4,000,000 t/a; median of 12 sites of sector 10 here: 925 t/a"
    assert f"{reason}; this is 4,326 × as much" in page.content.decode()
    # The list of flows is narrowed by the same.
    flows = staff.get(reverse("admin:organizations_resourceflow_changelist"))
    assert flows.context["cl"].result_count == 12
    for kind, count in (("any", 1), ("unusual", 1), ("stale", 0)):
        flows = staff.get(reverse("admin:organizations_resourceflow_changelist"), {"quality": kind})
        assert flows.context["cl"].result_count == count, kind

    # One click asks who edits, in the language of each, and tells the organization.
    mail.outbox.clear()
    own = staff.get(f"{LIST}{finding.pk}/change/")
    assert f"{LIST}{finding.pk}/ask/" in own.content.decode()
    staff.post(f"{LIST}{finding.pk}/ask/")
    run_events()
    letters = {letter.to[0]: letter for letter in mail.outbox}
    assert set(letters) == {"owner@bakery.example", "member@bakery.example"}
    letter = letters["owner@bakery.example"]
    assert letter.subject == "Is this right? Bread of Bakery 99"
    assert reason in letter.body
    for name in ("flow-edit", "flow-detail"):
        address = reverse(f"organizations:{name}", args=[wrong.pk])
        assert f"http://localhost:8000{address}\n" in letter.body
    assert "4\u00a0000\u00a0000" in letters["member@bakery.example"].body
    [told] = Notification.objects.filter(type="flow_questioned")
    assert told.organization == wrong.organization

    # Neither the page nor the action asks again.
    again = staff.post(f"{LIST}{finding.pk}/ask/", follow=True)
    assert "less than 14 days ago" in again.content.decode()
    data = {"action": "ask", "_selected_action": [finding.pk]}
    assert "less than 14 days ago" in staff.post(LIST, data, follow=True).content.decode()
    run_events()
    assert len(mail.outbox) == 2

    # Who only reads is not asked; the owner says by one click that it is right.
    address = reverse("organizations:flow-detail", args=[wrong.pk])
    viewer, owner = client_as(owners["viewer"]), client_as(owners["owner"])
    assert reason not in viewer.get(address).content.decode()
    html = owner.get(address).content.decode()
    assert reason in html
    assert f'name="finding" value="{finding.pk}"' in html
    confirm = reverse("organizations:flow-confirm", args=[wrong.pk])
    assert viewer.post(confirm, {"finding": finding.pk}).status_code == 403
    assert owner.get(confirm).status_code == 405
    answer = owner.post(confirm, {"finding": [finding.pk, "x", "9" * 30]}, follow=True)
    assert reason not in answer.content.decode()
    finding.refresh_from_db()
    assert (finding.status, finding.dismissed_by) == ("dismissed", owners["owner"])
    assert wrong.confirmation.confirmed_by == owners["owner"]
    assert Change.objects.of(QualityFinding, [finding.pk]).first().actor_id == owners["owner"].pk

    # It stays so, however often one looks, until the flow is changed.
    find_quality()
    assert found(flow=wrong) == {}
    services.update_flow(actor=owners["owner"], flow=wrong, amount=5_000_000)
    find_quality()
    assert found(flow=wrong)["unusual"].note == ""
    # Nobody is asked again within 14 days, even so; then they are.
    now = timezone.now()
    with pytest.raises(services.AskedLately):
        services.ask_owner(actor=facilitator, flow=wrong, now=now)
    later = now + ASKED_AGAIN_AFTER
    assert services.ask_owner(actor=facilitator, flow=wrong, now=later) == 1
    # What was corrected is settled, and forgotten some months later.
    services.update_flow(actor=owners["owner"], flow=wrong, amount=1_000)
    find_quality()
    assert QualityFinding.objects.get(pk=finding.pk).status == "settled"
    quality.scan(timezone.now() + quality.SETTLED_KEPT + timedelta(days=1))
    assert not QualityFinding.objects.filter(pk=finding.pk).exists()


def test_a_facilitator_dismisses_with_a_note(wrong, facilitator, client_as):
    find_quality()
    finding = found()["unusual"]
    staff = client_as(facilitator)
    page = f"{LIST}{finding.pk}/dismiss/"
    assert staff.post(page, {"note": " "}).status_code == 400
    assert staff.post(page, {"note": "It is a port"}).status_code == 302
    assert staff.post(page, {"note": "Again"}).status_code == 403
    find_quality()
    assert list(staff.get(LIST).context["cl"].result_list) == []
    dismissed = staff.get(LIST, {"status": "dismissed"}).context["cl"].result_list
    assert [row.note for row in dismissed] == ["It is a port"]
    with pytest.raises(IntegrityError), transaction.atomic():
        QualityFinding.objects.filter(pk=finding.pk).update(status="open")


def test_every_kind_is_found_with_its_figures(wrong, facilitator, client_as):
    now = timezone.now()
    site = wrong.site
    huge = ResourceFlowFactory(
        site=site, amount=150_000_000, name="Heat", pattern="seasonal", precision_level="rough"
    )
    older = ResourceFlowFactory(site=site, type_code="water", name="Well", amount=7)
    twice = ResourceFlowFactory(site=site, type_code="water", name=" WELL", amount=7)
    waste = ResourceFlowFactory(site=site, type_code="water.wastewater", name="Sewage", amount=7)
    ResourceFlow.objects.filter(pk=older.pk).update(updated_at=now - timedelta(days=1200))
    paused = ResourceFlowFactory(site=site, type_code="heat", amount=10, status="paused")
    nowhere = SiteFactory(location=Point(0.001, 0))
    far = SiteFactory(location=Point(12.5, 57.7), **AT)
    elsewhere = SiteFactory(location=Point(12.5, 57.7), city="Göteborg", country="SE")

    assert quality.scan(now) == 8
    assert found(flow=huge)["impossible"].figures["most"] == 142_000_000
    assert found(flow=huge)["incomplete"].figures == {
        "missing": ["temperature", "months", "precision"]
    }
    assert found(flow=older).keys() == {"stale"}
    assert found(flow=older)["stale"].severity == 2
    assert found(flow=twice)["repeated"].figures == {
        "other": str(older.pk), "same_quantity": True,
    }  # fmt: skip
    assert found(flow=waste)["incomplete"].figures == {"missing": ["price"]}
    assert found(flow=waste)["incomplete"].severity == 1
    assert found(flow=paused) == {}
    assert found(site=nowhere).keys() == {"nowhere"}
    assert found(site=far)["far_away"].figures["distance_m"] == pytest.approx(240_000, rel=0.1)
    assert found(site=elsewhere) == {}

    html = client_as(facilitator).get(LIST).content.decode()
    for words in (
        "142,000,000 MWh/a (IAEA PRIS",
        "Matching would need: temperature, months of the season, more than a rough amount",
        "Neither changed nor confirmed since",
        "by the same name and quantity",
        "nobody has set the place",
        "from the middle of 13 sites in Kalundborg",
    ):
        assert words in html, words
    # About a place nobody is asked: there is no form of a flow to correct it in.
    place = found(site=far)["far_away"]
    assert client_as(facilitator).post(f"{LIST}{place.pk}/ask/").status_code == 403


def test_bounds_fit_the_types_that_they_are_for(db):
    types = {row.code: row for row in ResourceType.objects.selectable()}
    assert quality.bound_of(types["water.cooling"]).most_per_year == 1e10
    assert quality.bound_of(types["water.process"]).most_per_year == 2e9
    assert quality.bound_of(types["gas.co2"]).code == ""
    assert quality.bound_of(types["gas.biogas"]).code == "gas"
    assert all(bound.source and bound.most_per_year > 0 for bound in quality.bounds())
