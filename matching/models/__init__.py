"""Pairs that fit, who does not want them, what that teaches, and the work that finds them."""

from matching.models.candidate import Candidate
from matching.models.category import FACTOR_OF, Category
from matching.models.cluster import MatchCluster
from matching.models.list_change import ListChange
from matching.models.match import SCORES, Match, MatchDismissal
from matching.models.partners import PartnerList, StagedList
from matching.models.rematch_request import RematchRequest
from matching.models.run import MatchingRun, MatchingRunPartition
from matching.models.snapshot import RunSnapshot
from matching.models.weights import MatchingWeights, ProposalEvidence

__all__ = [
    "FACTOR_OF",
    "SCORES",
    "Candidate",
    "Category",
    "ListChange",
    "Match",
    "MatchCluster",
    "MatchDismissal",
    "MatchingRun",
    "MatchingRunPartition",
    "MatchingWeights",
    "PartnerList",
    "ProposalEvidence",
    "RematchRequest",
    "RunSnapshot",
    "StagedList",
]
