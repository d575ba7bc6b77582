"""The closed list of domain events: what can happen in Turash, as typed data."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from django.utils import timezone


class MalformedEvent(ValueError):
    """A stored event is of an unknown type or version, or its payload does not fit its type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """
    Something that happened; the fields are JSON-ready (UUIDs travel as strings).

    The version rises when the fields change; a worker of another version leaves the event as a dead
    letter, which can be retried when all run the same.
    """

    type: ClassVar[str]
    version: ClassVar[int] = 1
    occurred_at: datetime = field(default_factory=timezone.now)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationEvent(Event):
    organization_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCreated(OrganizationEvent):
    """An organization joined."""

    type: ClassVar[str] = "organization_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingEvent(OrganizationEvent):
    acting_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingStarted(ActingEvent):
    """A facilitator began to act for an organization."""

    type: ClassVar[str] = "acting_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingEnded(ActingEvent):
    """A facilitator no longer acts for an organization."""

    type: ClassVar[str] = "acting_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteEvent(OrganizationEvent):
    site_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCreated(SiteEvent):
    """An organization declared a place."""

    type: ClassVar[str] = "site_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteUpdated(SiteEvent):
    """A place moved or changed its data."""

    type: ClassVar[str] = "site_updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDeleted(SiteEvent):
    """A place is gone."""

    type: ClassVar[str] = "site_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFlowEvent(OrganizationEvent):
    flow_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFlowCreated(ResourceFlowEvent):
    """An output or input was declared."""

    type: ClassVar[str] = "resource_flow_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFlowUpdated(ResourceFlowEvent):
    """An output or input changed in any of its fields."""

    type: ClassVar[str] = "resource_flow_updated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFlowDeleted(ResourceFlowEvent):
    """An output or input is gone."""

    type: ClassVar[str] = "resource_flow_deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowQuestioned(ResourceFlowEvent):
    """A facilitator asked the owner whether an output or input is right as it stands."""

    type: ClassVar[str] = "flow_questioned"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchEvent(Event):
    """About one pair; `*_organization_id` are those who may see the pair as a match."""

    match_id: UUID
    output_id: UUID
    input_id: UUID
    output_organization_id: UUID | None
    input_organization_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchFound(MatchEvent):
    """An output and an input fit each other, and did not before."""

    type: ClassVar[str] = "match_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLost(MatchEvent):
    """An output and an input no longer fit, or better partners took the place."""

    type: ClassVar[str] = "match_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchingRunFinished(Event):
    """Matches were recomputed, for one organization or (None) for all or some of them."""

    type: ClassVar[str] = "matching_run_finished"
    run_id: UUID
    organization_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalEvent(Event):
    proposal_id: UUID
    from_organization_id: UUID
    to_organization_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCreated(ProposalEvent):
    """One organization asked another for an exchange."""

    type: ClassVar[str] = "proposal_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalStatusChanged(ProposalEvent):
    """
    A proposal moved on, or a side confirmed the contract (old and new status are equal).

    `output_id` and `input_id` are the pair that it is about, where it was made of a match.
    """

    type: ClassVar[str] = "proposal_status_changed"
    version: ClassVar[int] = 2
    old_status: str
    new_status: str
    output_id: UUID | None
    input_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalTermsOffered(ProposalEvent):
    """A side offered other terms; earlier confirmations no longer count."""

    type: ClassVar[str] = "proposal_terms_offered"
    terms_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalMessagePosted(ProposalEvent):
    """Somebody wrote in the conversation about a proposal."""

    type: ClassVar[str] = "proposal_message_posted"
    message_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalExpiring(ProposalEvent):
    """A proposal is still undecided, and its time is nearly over."""

    type: ClassVar[str] = "proposal_expiring"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesReported(ProposalEvent):
    """One side has said what went over in some months, or has corrected it."""

    type: ClassVar[str] = "deliveries_reported"
    month_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesConfirmed(ProposalEvent):
    """The other side has confirmed what was reported."""

    type: ClassVar[str] = "deliveries_confirmed"
    month_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresDeclared(ProposalEvent):
    """One side has declared jobs or private investment of a month, or has corrected it."""

    type: ClassVar[str] = "figures_declared"
    organization_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFinished(Event):
    """A file was imported; its rows are in place."""

    type: ClassVar[str] = "import_finished"
    source: str
    organization_count: int
    site_count: int
    flow_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFinished(Event):
    """An exchange plan of a region was computed."""

    type: ClassVar[str] = "plan_finished"
    plan_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabled(OrganizationEvent):
    """A webhook has failed for too long (`failing`), or has said that it is gone (`gone`)."""

    type: ClassVar[str] = "webhook_disabled"
    webhook_id: UUID
    reason: str


EVENT_TYPES: dict[str, type[Event]] = {
    event.type: event
    for event in (
        OrganizationCreated,
        ActingStarted,
        ActingEnded,
        SiteCreated,
        SiteUpdated,
        SiteDeleted,
        ResourceFlowCreated,
        ResourceFlowUpdated,
        ResourceFlowDeleted,
        FlowQuestioned,
        MatchFound,
        MatchLost,
        MatchingRunFinished,
        ProposalCreated,
        ProposalStatusChanged,
        ProposalTermsOffered,
        ProposalMessagePosted,
        ProposalExpiring,
        DeliveriesReported,
        DeliveriesConfirmed,
        FiguresDeclared,
        ImportFinished,
        PlanFinished,
        WebhookDisabled,
    )
}


def to_payload(event: Event) -> dict[str, Any]:
    """Return the event's own fields (all but `occurred_at`) as JSON-ready values."""
    values = {name: getattr(event, name) for name in _payload_fields(type(event))}  # type: ignore[arg-type]  # classes have a hash
    return {
        name: str(value) if isinstance(value, UUID) else value for name, value in values.items()
    }


def from_payload(event_type: str, version: int, payload: Any, occurred_at: datetime) -> Event:
    """
    Rebuild the event that `to_payload` took apart.

    :raises MalformedEvent: for an unknown type or version, or missing, unknown or ill-typed fields.
    """
    cls = EVENT_TYPES.get(event_type)
    if cls is None:
        raise MalformedEvent(f"Unknown event type {event_type!r}.")
    if version != cls.version:
        raise MalformedEvent(
            f"{event_type} has version {cls.version} here, but the event has version {version}."
        )
    if not isinstance(payload, dict):
        raise MalformedEvent(f"The payload of {event_type} is not an object.")
    hints = _payload_fields(cls)  # type: ignore[arg-type]
    if hints.keys() != payload.keys():
        raise MalformedEvent(
            f"{event_type} has the fields {sorted(hints)}, but the payload has {sorted(payload)}."
        )
    values = {name: _coerce(name, payload[name], hint) for name, hint in hints.items()}
    return cls(occurred_at=occurred_at, **values)


@cache
def _payload_fields(cls: type[Event]) -> dict[str, Any]:
    """Return the type of each of the event's own fields."""
    hints = get_type_hints(cls)
    return {one.name: hints[one.name] for one in fields(cls) if one.name != "occurred_at"}


def _coerce(name: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) in (Union, UnionType):
        if value is None:
            return None
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    if hint is UUID:
        try:
            return UUID(value)
        except (ValueError, TypeError, AttributeError) as error:
            raise MalformedEvent(f"{name} is not a UUID: {value!r}.") from error
    if not isinstance(value, hint) or isinstance(value, bool):
        raise MalformedEvent(f"{name} is not of type {hint.__name__}: {value!r}.")
    return value
