"""What has appeared and vanished between two runs of all, and what is on record as the reason."""

import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from matching.models import RunSnapshot
from organizations.models import FlowContaminant, ResourceFlow
from turash.history.models import Change

# Pairs of each kind that are told of one by one, and whose reasons are counted.
MOST_EXPLAINED = 500

ADDED, DELETED = _("flow is new"), _("flow was deleted")
STARTED, STOPPED = _("flow was activated"), _("flow was paused or archived")
RESERVED, EDITED = _("flow went under contract or came out"), _("flow was edited")
SITE, ORGANIZATION = _("site was edited"), _("organization was edited")
CROWD = _("others came into the lists or left them")


@dataclass(frozen=True, slots=True)
class PairChange:
    """A match that is in one run and not in the other; a flow that is gone has only its number."""

    output: ResourceFlow | int
    input: ResourceFlow | int
    reasons: list[str]


@dataclass(slots=True)
class Side:
    """Matches that have appeared, or that have vanished."""

    count: int
    pairs: list[PairChange] = field(default_factory=list)
    reasons: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs of all; without `appeared` the pairs of one of them are not kept."""

    before: RunSnapshot
    after: RunSnapshot
    for_all: list[str]  # what has changed for every pair
    kept_count: int = 0
    appeared: Side | None = None
    vanished: Side | None = None


def compare(before: RunSnapshot, after: RunSnapshot) -> Comparison:
    """Compare two runs of all, the earlier one first."""
    # What was changed while the earlier run worked it may not have seen.
    began_at = before.run.started_at or before.taken_at
    changes = Change.objects.filter(
        Q(pk__gt=before.last_change) | Q(happened_at__gte=began_at), pk__lte=after.last_change
    )
    for_all = _for_all(before, after, changes)
    if before.pairs is None or after.pairs is None:
        return Comparison(before, after, for_all)
    old, new = _unpacked(before), _unpacked(after)
    return Comparison(
        before,
        after,
        for_all,
        kept_count=len(old & new),
        appeared=_side(sorted(new - old), changes, for_all),
        vanished=_side(sorted(old - new), changes, for_all),
    )


def _unpacked(snapshot: RunSnapshot) -> set[tuple[int, int]]:
    numbers = np.frombuffer(zlib.decompress(bytes(snapshot.pairs)), dtype="<i8")
    return {(output, input_) for output, input_ in numbers.reshape(-1, 2).tolist()}


def _for_all(before: RunSnapshot, after: RunSnapshot, changes: Iterable) -> list[str]:
    found = []
    if not np.allclose(before.weights, after.weights, rtol=0, atol=1e-12):
        found.append(str(_("the weights of the score")))
    if before.engine != after.engine:
        found.append(str(_("the engine or its parameters")))
    for table, label in (
        ("organizations_resourcetype", _("resource types")),
        ("organizations_currencyrate", _("currency rates")),
    ):
        if changes.filter(table=table).exists():  # type: ignore[attr-defined]
            found.append(str(label))
    return found


def _side(pairs: list[tuple[int, int]], changes: Iterable, for_all: list[str]) -> Side:
    told = pairs[:MOST_EXPLAINED]
    numbers = {number for pair in told for number in pair}
    rows = ResourceFlow.objects.select_related("organization").filter(number__in=numbers)
    flows = {flow.number: flow for flow in rows}
    reasons = _reasons_of(list(flows.values()), changes)
    side, counts = Side(len(pairs)), Counter[str]()
    for pair in told:
        own: list[str] = []
        for number in pair:
            stated = reasons[flows[number].pk] if number in flows else [str(DELETED)]
            own += [reason for reason in stated if reason not in own]
        if not own:
            own = for_all or [str(CROWD)]
        counts.update(own)
        output, input_ = (flows.get(number, number) for number in pair)
        side.pairs.append(PairChange(output, input_, own))
    side.reasons = counts.most_common()
    return side


def _reasons_of(flows: list[ResourceFlow], changes: Iterable) -> dict:
    """Return what the history says of each flow, its site and its organization."""
    found: dict = defaultdict(list)

    def rows(table: str, keys: Iterable) -> Iterable[Change]:
        return changes.filter(table=table, row_id__in={str(key) for key in keys})  # type: ignore[attr-defined]

    def note(key: object, reason: object) -> None:
        if str(reason) not in found[key]:
            found[key].append(str(reason))

    by_id = {str(flow.pk): flow.pk for flow in flows}
    for change in rows("organizations_resourceflow", by_id):
        for reason in _of_flow(change):
            note(by_id[change.row_id], reason)
    contents = dict(
        FlowContaminant.objects.filter(flow__in=by_id.values()).values_list("pk", "flow")
    )
    for change in rows("organizations_flowcontaminant", contents):
        note(contents[int(change.row_id)], EDITED)
    for name, table, reason in (
        ("site_id", "organizations_site", SITE),
        ("organization_id", "organizations_organization", ORGANIZATION),
    ):
        keys = {getattr(flow, name) for flow in flows}
        changed = {change.row_id for change in rows(table, keys) if change.operation == "U"}
        for flow in flows:
            if str(getattr(flow, name)) in changed:
                note(flow.pk, reason)
    return found


def _of_flow(change: Change) -> Iterable:
    if change.operation == Change.Operation.INSERT:
        yield ADDED
        return
    columns = set(change.changes)
    if "status" in columns:
        yield STARTED if change.changes["status"][-1] == "active" else STOPPED
    if "reserved_per_year" in columns:
        yield RESERVED
    if columns - {"status", "reserved_per_year"}:
        yield EDITED
