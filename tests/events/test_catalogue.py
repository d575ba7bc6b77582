"""The catalogue is closed, typed and documented."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.conf import settings

from turash.events.catalogue import (
    EVENT_TYPES,
    MalformedEvent,
    MatchFound,
    ProposalStatusChanged,
    from_payload,
    to_payload,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_an_event_survives_its_way_through_the_outbox():
    event = ProposalStatusChanged(
        occurred_at=NOW,
        proposal_id=uuid4(),
        from_organization_id=uuid4(),
        to_organization_id=uuid4(),
        old_status="pending",
        new_status="accepted",
        output_id=uuid4(),
        input_id=None,
    )
    assert from_payload(event.type, event.version, to_payload(event), NOW) == event


def test_a_side_that_may_not_see_a_match_is_null():
    event = MatchFound(
        occurred_at=NOW,
        match_id=uuid4(),
        output_id=uuid4(),
        input_id=uuid4(),
        output_organization_id=None,
        input_organization_id=uuid4(),
    )
    assert from_payload(event.type, event.version, to_payload(event), NOW) == event


@pytest.mark.parametrize(
    ("event_type", "payload", "reason"),
    [
        ("organization_exploded", {}, "Unknown event type"),
        ("organization_created", None, "not an object"),
        ("organization_created", {}, "has the fields"),
        ("organization_created", {"organization_id": "x"}, "not a UUID"),
        ("organization_created", {"organization_id": 5}, "not a UUID"),
        ("organization_created", {"organization_id": None}, "not a UUID"),
        (
            "import_finished",
            {"source": "a", "organization_count": True, "site_count": 1, "flow_count": 1},
            "not of type int",
        ),
    ],
)
def test_what_does_not_fit_the_catalogue_is_refused_with_the_reason(event_type, payload, reason):
    with pytest.raises(MalformedEvent, match=reason):
        from_payload(event_type, 1, payload, NOW)


def test_an_event_of_another_version_is_refused():
    with pytest.raises(MalformedEvent, match="has version 1 here, but the event has version 2"):
        from_payload("organization_created", 2, {"organization_id": str(uuid4())}, NOW)


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_event_is_documented(event_type):
    documented = (settings.BASE_DIR / "docs/events.md").read_text()
    assert f"### {event_type}\n" in documented
