"""Models of exchange plans."""

from plans.models.exchange import PlannedExchange
from plans.models.part import PlanPart
from plans.models.plan import Objective, Plan
from plans.models.results import PlannedFlow, PlanShare
from plans.models.rule import PlanRule

__all__ = [
    "Objective",
    "Plan",
    "PlanPart",
    "PlanRule",
    "PlanShare",
    "PlannedExchange",
    "PlannedFlow",
]
