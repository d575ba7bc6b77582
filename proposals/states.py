"""The life of a proposal as data: which step leads where, who takes it, and what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django_stubs_ext import StrOrPromise


class Status(models.TextChoices):
    PENDING = "pending", _("Pending")
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Expired")
    NEGOTIATING = "negotiating", _("Negotiating")
    CONTRACTED = "contracted", _("Contracted")
    LIVE = "live", _("Live")
    COMPLETED = "completed", _("Completed")
    FAILED = "failed", _("Failed")


OPEN = (Status.PENDING, Status.ACCEPTED, Status.NEGOTIATING, Status.CONTRACTED, Status.LIVE)
# In these the two sides work on the terms …
NEGOTIABLE = (Status.NEGOTIATING,)
# … and in these the quantity of the terms is taken out of what can be matched.
RESERVING = (Status.CONTRACTED, Status.LIVE)
# Only who has confirmed the same version of the terms as the other side gets here.
AGREED = (*RESERVING, Status.COMPLETED)


class Side(StrEnum):
    """Who may take a step: owners and managers of this side."""

    SENDER = "sender"
    TARGET = "target"
    EITHER = "either"
    BOTH = "both"
    TIME = "time"


class Need(StrEnum):
    """What must hold for a step, besides the status and the side."""

    IN_TIME = "in_time"  # the time to decide is not over
    SAME_TERMS = "same_terms"  # both sides confirm the present version of the terms
    ENOUGH_LEFT = "enough_left"  # the flows have as much left as the terms ask for


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow of the diagram."""

    name: str
    label: StrOrPromise  # what the button says, translated when shown
    sources: tuple[Status, ...]
    target: Status
    side: Side
    needs: tuple[Need, ...] = ()


STEPS = (
    Step(
        "accept", _("Accept"), (Status.PENDING,), Status.ACCEPTED, Side.TARGET,
        (Need.IN_TIME, Need.ENOUGH_LEFT),
    ),
    Step(
        "reject", _("Reject"), (Status.PENDING,), Status.REJECTED, Side.TARGET, (Need.IN_TIME,)
    ),
    Step(
        "withdraw", _("Withdraw"), (Status.PENDING,), Status.WITHDRAWN, Side.SENDER,
        (Need.IN_TIME,),
    ),
    Step("expire", _("Expire"), (Status.PENDING,), Status.EXPIRED, Side.TIME),
    Step("start", _("Start negotiating"), (Status.ACCEPTED,), Status.NEGOTIATING, Side.EITHER),
    Step(
        "contract", _("Confirm the contract"), (Status.NEGOTIATING,), Status.CONTRACTED, Side.BOTH,
        (Need.SAME_TERMS, Need.ENOUGH_LEFT),
    ),
    Step("go_live", _("Go live"), (Status.CONTRACTED,), Status.LIVE, Side.EITHER),
    Step("complete", _("Complete"), (Status.LIVE,), Status.COMPLETED, Side.EITHER),
    Step(
        "fail",
        _("Fail"),
        (Status.ACCEPTED, Status.NEGOTIATING, Status.CONTRACTED, Status.LIVE),
        Status.FAILED,
        Side.EITHER,
    ),
)  # fmt: skip
STEP_TO = {step.target: step for step in STEPS}


def steps_from(status: str) -> list[Step]:
    """Return the steps that people can take from a status."""
    return [step for step in STEPS if status in step.sources and step.side != Side.TIME]


def arrows() -> Iterator[tuple[Status, Status]]:
    """Yield every (from, to) that a step leads."""
    for step in STEPS:
        for source in step.sources:
            yield source, step.target
