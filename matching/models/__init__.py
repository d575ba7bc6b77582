"""Pairs that fit, where they lie dense, who does not want them, and the work that finds them."""

from matching.models.cluster import MatchCluster
from matching.models.match import SCORES, Match, MatchDismissal
from matching.models.partners import PartnerList, StagedList
from matching.models.rematch_request import RematchRequest
from matching.models.run import MatchingRun, MatchingRunPartition

__all__ = [
    "SCORES",
    "Match",
    "MatchCluster",
    "MatchDismissal",
    "MatchingRun",
    "MatchingRunPartition",
    "PartnerList",
    "RematchRequest",
    "StagedList",
]
