"""Proposals, and every step they took."""

from proposals.models.proposal import Proposal
from proposals.models.reminder import ProposalReminder
from proposals.models.transition import ProposalTransition

__all__ = ["Proposal", "ProposalReminder", "ProposalTransition"]
