"""After the storm: was every event handled, once, and does the last state hold?"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from matching import services as matching
from matching.models import MatchingRun
from organizations.models import Membership, ResourceFlow
from tests.matching.region import lists
from tests.soak.writers import Writer
from turash.events.models import DomainEvent, EventDelivery
from turash.events.registry import handlers_of
from turash.realtime.models import Notification


def complaints(writers: Iterable[Writer]) -> list[str]:
    """Return in words what went wrong; nothing, if nothing did."""
    found = []
    found += _deliveries()
    found += _notifications()
    found += _edits(writers)
    found += _runs()
    found += _matches()
    return found


def _deliveries() -> list[str]:
    wrong = []
    dead = EventDelivery.objects.dead()
    wrong += [f"dead letter: {row} after {row.attempts}: {row.last_error[-300:]}" for row in dead]
    open_count = EventDelivery.objects.open().count()
    if open_count:
        wrong.append(f"{open_count} deliveries are still open")
    expected = sum(
        len(handlers_of(event_type))
        for event_type in DomainEvent.objects.values_list("type", flat=True).iterator()
    )
    if expected != EventDelivery.objects.count():
        wrong.append(f"{expected} deliveries expected, {EventDelivery.objects.count()} there")
    return wrong


def _notifications() -> list[str]:
    """One notification for each event and organization with members: no less, no more."""
    listening = set(Membership.objects.values_list("organization_id", flat=True))
    listening = {str(key) for key in listening}
    expected: Counter = Counter()
    for event in DomainEvent.objects.order_by("pk").iterator():
        for organization_id, subject in _told_by(event.type, event.payload, listening):
            if organization_id in listening:
                expected[(event.type, event.occurred_at, organization_id, subject)] += 1
    found = Counter(
        (row.type, row.occurred_at, str(row.organization_id), str(row.subject_id))
        for row in Notification.objects.order_by("pk").iterator()
    )
    lost, doubled = expected - found, found - expected
    return [f"{sum(lost.values())} notifications lost: {list(lost)[:3]}"] * bool(lost) + [
        f"{sum(doubled.values())} notifications too many: {list(doubled)[:3]}"
    ] * bool(doubled)


def _told_by(
    event_type: str, payload: dict[str, Any], listening: set[str]
) -> list[tuple[str | None, str]]:
    if event_type.startswith("match_"):
        ends = (payload["output_organization_id"], payload["input_organization_id"])
        return [(key, payload["match_id"]) for key in ends]
    if event_type.startswith("resource_flow_"):
        return [(payload["organization_id"], payload["flow_id"])]
    if event_type.startswith("site_"):
        return [(payload["organization_id"], payload["site_id"])]
    if event_type == "organization_created":
        return [(payload["organization_id"], payload["organization_id"])]
    if event_type == "matching_run_finished":
        # A run of all concerns everybody: each of the stage has members and flows.
        concerned = [payload["organization_id"]] if payload["organization_id"] else listening
        return [(key, payload["run_id"]) for key in concerned]
    raise AssertionError(f"The storm causes no {event_type}.")


def _edits(writers: Iterable[Writer]) -> list[str]:
    """What was confirmed is there, announced; what was rolled back is not."""
    wrong = []
    announced = Counter(
        DomainEvent.objects.filter(type="resource_flow_updated").values_list(
            "payload__flow_id", flat=True
        )
    )
    for writer in writers:
        for flow_id, number in writer.confirmed.items():
            name = ResourceFlow.objects.get(pk=flow_id).name
            kind, _, last = name.rpartition(" ")
            if kind != "edit" or int(last) < number:
                wrong.append(f"flow {flow_id} is called {name!r}, but edit {number} was confirmed")
        told = sum(announced[str(flow_id)] for flow_id in writer.flow_ids)
        if told < writer.edits:
            wrong.append(f"{writer.edits} edits confirmed, but {told} announced")
    return wrong


def _runs() -> list[str]:
    """Each run has ended, and the end of each that got through was announced once."""
    wrong = [f"{run} is still {run.status}" for run in MatchingRun.objects.unfinished()]
    finished = MatchingRun.objects.filter(status=MatchingRun.Status.FINISHED)
    announced = DomainEvent.objects.filter(type="matching_run_finished")
    told = Counter(announced.values_list("payload__run_id", flat=True))
    if told != Counter(str(key) for key in finished.values_list("pk", flat=True)):
        wrong.append(f"{finished.count()} runs got through, announced were {dict(told)}")
    return wrong


def _matches() -> list[str]:
    """A full run changes nothing: the matches are those of the last state."""
    before = lists()
    matching.execute_run(matching.request_run(in_background=False).pk)
    after = lists()
    changed = [key for key in before.keys() | after.keys() if before.get(key) != after.get(key)]
    return [f"the lists of {len(changed)} flows differ from a full run"] * bool(changed)
