"""Who looks after events finds them, sees how many come, and settles what was given up."""

from datetime import timedelta
from typing import get_args, get_type_hints
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from organizations.models.user import StaffRole
from tests.factories import UserFactory
from turash.events import sweeper
from turash.events.catalogue import EVENT_TYPES
from turash.events.models import DomainEvent, EventDelivery

pytestmark = pytest.mark.django_db
EVENTS = "/admin/events/domainevent/"
DELIVERIES = "/admin/events/eventdelivery/"
FLOW, PROPOSAL, SELLER, BUYER = (str(uuid4()) for _ in range(4))


def event(event_type: str, ago: timedelta, **payload) -> DomainEvent:
    return DomainEvent.objects.create(
        type=event_type, payload=payload, occurred_at=timezone.now() - ago
    )


@pytest.fixture
def support(client_as):
    user = UserFactory(is_staff=True, full_name="Sam Support")
    user.groups.add(Group.objects.get(name=StaffRole.SUPPORT.value))
    return client_as(user)


@pytest.fixture
def told(db) -> dict[str, DomainEvent]:
    minute = timedelta(minutes=1)
    rows = {
        "flow": event("resource_flow_updated", minute, flow_id=FLOW, organization_id=SELLER),
        "match": event("match_found", timedelta(hours=3), output_id=FLOW, input_id=None),
        "proposal": event(
            "proposal_created", timedelta(days=3),
            proposal_id=PROPOSAL, from_organization_id=SELLER, to_organization_id=BUYER,
        ),
        "old": event("import_finished", timedelta(days=30), source="x", flow_count=3),
    }  # fmt: skip
    EventDelivery.objects.create(
        event=rows["flow"], handler="quick", attempts=1,
        done_at=rows["flow"].occurred_at + timedelta(seconds=1),
    )  # fmt: skip
    EventDelivery.objects.create(
        event=rows["flow"], handler="slow", attempts=1,
        done_at=rows["flow"].occurred_at + timedelta(seconds=4),
    )  # fmt: skip
    return rows


def test_events_are_found_by_time_and_by_what_they_are_about(
    told, support, django_assert_max_num_queries
):
    def found(**query) -> set[str]:
        rows = support.get(EVENTS, query).context["cl"].result_list
        return {name for name, one in told.items() if one in rows}

    assert found(within="hour") == {"flow"}
    assert found(within="day") == {"flow", "match"}
    assert found(within="week") == {"flow", "match", "proposal"}
    assert found(within="older") == {"old"}
    # Whichever field of the payload names it; a part of an id finds nothing.
    assert found(q=FLOW) == {"flow", "match"}
    assert found(q=f" {SELLER.upper()} ") == {"flow", "proposal"}
    assert found(q=BUYER) == found(q=PROPOSAL) == {"proposal"}
    assert found(q=FLOW, within="hour") == {"flow"}
    assert found(q=FLOW[:8]) == found(q=str(uuid4())) == found(q="3") == set()

    page = support.get(f"{EVENTS}{told['flow'].pk}/change/").content.decode()
    for subject, name in ((FLOW, "flow_id"), (SELLER, "organization_id")):
        assert f'<a href="{EVENTS}?q={subject}">{name}</a>' in page
    assert "slow" in page
    with django_assert_max_num_queries(9):
        support.get(EVENTS, {"q": FLOW})


def test_the_status_tells_how_many_come_and_how_long_they_take(
    told, support, django_assert_num_queries
):
    support.get(f"{DELIVERIES}status/")
    with django_assert_num_queries(14):
        page = support.get(f"{DELIVERIES}status/")
    rows = [
        (row.event_type, row.in_hour, row.in_day, row.median_lag_s, row.longest_lag_s)
        for row in page.context["throughput"]
    ]
    assert rows == [
        ("match_found", 0, 1, None, None),
        ("resource_flow_updated", 1, 1, 2.5, 4.0),
    ]
    assert "<td>2.50</td>" in page.content.decode()


def test_a_dead_letter_is_discarded_for_a_reason(told, support, client_as, alice):
    dead = [
        EventDelivery.objects.create(
            event=told[name], handler="gone", attempts=8, dead_at=timezone.now(), last_error="No."
        )
        for name in ("flow", "old")
    ]
    waiting = EventDelivery.objects.create(event=told["match"], handler="gone")
    chosen = {"action": "discard", "_selected_action": [row.pk for row in (*dead, waiting)]}
    asked = support.post(DELIVERIES, chosen)
    assert "2 dead letters are never delivered then" in asked.content.decode()
    for reason in ("", "  ", "x" * 501):
        assert support.post(DELIVERIES, {**chosen, "reason": reason}).status_code == 400
    assert EventDelivery.objects.dead().count() == 2

    # The whole list, as it is filtered.
    every = {**chosen, "_selected_action": [dead[0].pk], "select_across": "1"}
    refused = client_as(alice).post(f"{DELIVERIES}?state=dead", {**every, "reason": "Mine"})
    assert refused.status_code == 302
    assert EventDelivery.objects.dead().count() == 2
    done = support.post(
        f"{DELIVERIES}?state=dead", {**every, "reason": "The handler is gone."}, follow=True
    )
    assert "2 dead letters are discarded" in done.content.decode()
    for row in dead:
        row.refresh_from_db()
        assert (row.discarded_by.full_name, row.discard_reason) == (
            "Sam Support", "The handler is gone.",
        )  # fmt: skip
        assert row.discarded_at
    page = support.get(f"{DELIVERIES}{dead[0].pk}/change/").content.decode()
    assert "The handler is gone." in page
    assert "Sam Support" in page
    listed = support.get(DELIVERIES, {"state": "discarded"}).context["cl"].result_list
    assert set(listed) == set(dead)

    # Nothing counts it, delivers it or discards it again.
    assert support.get(f"{DELIVERIES}status/").context["status"].dead_count == 0
    assert sweeper.retry_dead(EventDelivery.objects.all()) == 0
    assert "0 dead letters" in support.post(DELIVERIES, chosen, follow=True).content.decode()
    waiting.refresh_from_db()
    assert waiting.discarded_at is None

    # It stays as long again as events are kept, then it goes with an event that is old enough.
    mine = DomainEvent.objects.filter(pk__in=[row.pk for row in told.values()])
    mine.update(occurred_at=timezone.now() - settings.EVENT_RETENTION * 2)
    assert sweeper.prune() == 1
    assert EventDelivery.objects.discarded().count() == 2
    long_ago = timezone.now() - settings.EVENT_RETENTION - timedelta(days=1)
    EventDelivery.objects.discarded().update(discarded_at=long_ago)
    assert sweeper.prune() == 2
    assert told["match"] in DomainEvent.objects.all()
    assert not DomainEvent.objects.filter(pk__in=[told["flow"].pk, told["old"].pk]).exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"discarded_at": timezone.now(), "discard_reason": "Not dead"},
        {"dead_at": timezone.now(), "discarded_at": timezone.now()},
        {"dead_at": timezone.now(), "discard_reason": "Never"},
    ],
)
def test_the_database_knows_what_a_discarded_one_is(told, fields):
    with pytest.raises(IntegrityError, match="discarded_for_a_reason"), transaction.atomic():
        EventDelivery.objects.create(event=told["old"], handler="x", **fields)
    with pytest.raises(ValueError, match="reason"):
        sweeper.discard_dead(EventDelivery.objects.all(), actor=UserFactory(), reason=" ")


def test_no_event_holds_personal_data():
    """Ids, numbers, and these words; who adds others decides about support (docs/events.md)."""
    words = {
        (event_type.type, name)
        for event_type in EVENT_TYPES.values()
        for name, hint in get_type_hints(event_type).items()
        if name not in ("type", "version", "occurred_at")
        and not {*(get_args(hint) or (hint,))} <= {UUID, int, type(None)}
    }
    assert words == {
        ("import_finished", "source"),
        ("proposal_status_changed", "new_status"),
        ("proposal_status_changed", "old_status"),
        ("webhook_disabled", "reason"),
    }
