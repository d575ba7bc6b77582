"""What other weights would change, found out on some flows by the kernel, without writing."""

import random
import time
from dataclasses import dataclass, field

import numpy as np
from django.db.models import Max, Min

from matching import loading, weights
from matching.engine.parameters import BEST_PER_FLOW
from matching.engine.scoring import weigh
from matching.fits import Fits, find_fits
from organizations.models import ResourceFlow

MOST_FLOWS = 500
# So long somebody waits for a page; fewer flows are looked at then.
LONGEST_S = 6.0
MOVERS_SHOWN = 10
# The same flows each time, so that two previews can be compared.
_SEED = 1


@dataclass(frozen=True, slots=True)
class Change:
    """What changes in the list of a flow: partners that enter, leave and stay at another rank."""

    flow: ResourceFlow
    entered: int
    left: int
    moved: int
    largest_move: int
    best_before: float  # score of the best partner
    best_after: float
    has_other_best: bool


@dataclass(slots=True)
class Preview:
    """What the weights would change in the lists of the flows that were looked at."""

    flow_count: int = 0
    is_all: bool = False
    listed_count: int = 0  # partners in their lists
    entered: int = 0
    left: int = 0
    moved: int = 0
    other_best_count: int = 0
    mean_score_shift: float = 0.0  # over all pairs that match, each 0 to 1
    largest_score_shift: float = 0.0
    movers: list[Change] = field(default_factory=list)


def preview(
    changed: np.ndarray, *, most: int = MOST_FLOWS, longest_s: float = LONGEST_S
) -> Preview:
    """
    Compare the lists of a sample of active flows by the weights in force and by others.

    Both are made anew from the flows of now: of which pairs match, weights say nothing. At most
    `most` flows, and as many as `longest_s` allow.
    """
    ends_at = time.monotonic() + longest_s
    now, types = weights.in_force(), loading.load_types()
    flows, is_all = _sample(most)
    result = Preview()
    shift_sum, pair_count, changes = 0.0, 0, []
    for flow in flows:
        if time.monotonic() >= ends_at:
            is_all = False
            break
        fits = find_fits(flow, types, now)
        before = fits.scores.copy()
        after = np.array([weigh(row, changed) for row in fits.results])
        result.flow_count += 1
        if not len(before):
            continue
        shifts = after - before
        shift_sum, pair_count = shift_sum + float(shifts.sum()), pair_count + len(shifts)
        largest = float(np.abs(shifts).max())
        result.largest_score_shift = max(result.largest_score_shift, largest)
        changes.append(_change(flow, fits, before, after))
        result.listed_count += min(len(before), BEST_PER_FLOW)
    for change in changes:
        result.entered += change.entered
        result.left += change.left
        result.moved += change.moved
        result.other_best_count += change.has_other_best
    result.is_all = is_all
    result.mean_score_shift = shift_sum / pair_count if pair_count else 0.0
    changes.sort(key=lambda one: (one.entered + one.left, one.largest_move), reverse=True)
    result.movers = [one for one in changes[:MOVERS_SHOWN] if one.entered or one.left or one.moved]
    return result


def _sample(most: int) -> tuple[list[ResourceFlow], bool]:
    """Return active flows, and whether they are all; else some of numbers at random."""
    active = ResourceFlow.objects.active().select_related("organization", "resource_type")
    first = list(active.order_by("number")[: most + 1])
    if len(first) <= most:
        return first, True
    ends = ResourceFlow.objects.aggregate(low=Min("number"), high=Max("number"))
    numbers = range(ends["low"], ends["high"] + 1)
    chosen = random.Random(_SEED).sample(numbers, min(len(numbers), 4 * most))  # noqa: S311
    return list(active.filter(number__in=chosen).order_by("number")[:most]), False


def _change(flow: ResourceFlow, fits: Fits, before: np.ndarray, after: np.ndarray) -> Change:
    old, new = (_ranks(fits, scores) for scores in (before, after))
    both = old.keys() & new.keys()
    moves = [abs(old[place] - new[place]) for place in both]
    best = min(old, key=old.__getitem__), min(new, key=new.__getitem__)
    return Change(
        flow,
        entered=len(new) - len(both),
        left=len(old) - len(both),
        moved=sum(move > 0 for move in moves),
        largest_move=max(moves, default=0),
        best_before=float(before[best[0]]),
        best_after=float(after[best[1]]),
        has_other_best=best[0] != best[1],
    )


def _ranks(fits: Fits, scores: np.ndarray) -> dict[int, int]:
    """Return rank by place, of those in the list: higher score, then nearer, then smaller id."""
    order = np.lexsort((fits.distances_m, -scores))[:BEST_PER_FLOW].tolist()
    return {place: rank for rank, place in enumerate(order)}
