"""Weights that a facilitator chooses: they come into force with the lists of a run of all."""

from collections.abc import Mapping
from math import fsum

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from matching.engine.parameters import FACTORS
from matching.models import MatchingRun, MatchingWeights
from matching.services.learning import learn, learned
from matching.services.runs import request_run
from organizations import permissions
from organizations.models import User

# Each factor keeps a say, and none decides alone.
LEAST_WEIGHT = 0.01
LARGEST_WEIGHT = 0.6


def normalized(weights: Mapping[str, float]) -> dict[str, float]:
    """
    Return weights in their proportions, adding up to 1.

    :raises ValidationError: a factor is missing, or has too much or too little of the sum.
    """
    total = fsum(weights.get(name, 0) for name in FACTORS)
    shares = {name: weights.get(name, 0) / total if total > 0 else 0 for name in FACTORS}
    if not all(LEAST_WEIGHT <= share <= LARGEST_WEIGHT for share in shares.values()):
        raise ValidationError(
            _("Each factor has %(least)d to %(most)d %% of the sum.")
            % {"least": LEAST_WEIGHT * 100, "most": LARGEST_WEIGHT * 100}
        )
    return shares


@transaction.atomic
def choose_weights(*, actor: User, weights: Mapping[str, float], reason: str) -> MatchingWeights:
    """
    Have all matches computed with these weights, by factor; they stay until others are chosen.

    :raises PermissionDenied: the actor is no facilitator.
    :raises ValidationError: the weights are no such weights, or there is no reason.
    :raises RunInProgress: all matches are being computed already.
    """
    return _requested(actor, reason, MatchingWeights(**normalized(weights), is_chosen=True))


@transaction.atomic
def return_to_learned(*, actor: User, reason: str) -> MatchingWeights:
    """
    Have all matches computed with what the evidence of now teaches (without any, the defaults).

    From then on runs of all bring what is learned, as before weights were chosen.

    :raises PermissionDenied: the actor is no facilitator.
    :raises ValidationError: there is no reason.
    :raises RunInProgress: all matches are being computed already.
    """
    return _requested(actor, reason, learned(learn()))


def _requested(actor: User, reason: str, row: MatchingWeights) -> MatchingWeights:
    permissions.require(actor.is_facilitator)
    row.reason, row.requested_by = reason.strip(), actor
    if not row.reason:
        raise ValidationError({"reason": _("Say why: others will ask.")})
    MatchingWeights._meta.get_field("reason").clean(row.reason, row)
    run: MatchingRun = request_run(actor=actor)
    row.run = run
    row.save(force_insert=True)
    return row
