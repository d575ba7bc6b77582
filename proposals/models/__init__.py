"""Proposals, and every step they took."""

from proposals.models.proposal import Proposal
from proposals.models.transition import ProposalTransition

__all__ = ["Proposal", "ProposalTransition"]
