"""Pairs that fit, where they lie dense, who does not want them, and the work that finds them."""

from matching.models.cluster import MatchCluster
from matching.models.match import Match, MatchDismissal
from matching.models.pair import SCORES
from matching.models.rematch_request import RematchRequest
from matching.models.run import MatchingRun, MatchingRunPartition
from matching.models.staged import StagedMatch

__all__ = [
    "SCORES",
    "Match",
    "MatchCluster",
    "MatchDismissal",
    "MatchingRun",
    "MatchingRunPartition",
    "RematchRequest",
    "StagedMatch",
]
