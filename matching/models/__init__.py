"""Pairs that fit, who does not want them, and the work that finds them."""

from matching.models.match import Match, MatchDismissal
from matching.models.pair import SCORES
from matching.models.rematch_request import RematchRequest
from matching.models.run import MatchingRun, MatchingRunPartition
from matching.models.staged import StagedMatch

__all__ = [
    "SCORES",
    "Match",
    "MatchDismissal",
    "MatchingRun",
    "MatchingRunPartition",
    "RematchRequest",
    "StagedMatch",
]
