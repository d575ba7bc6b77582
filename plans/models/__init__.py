"""Models of exchange plans."""

from plans.models.exchange import PlannedExchange
from plans.models.part import PlanPart
from plans.models.plan import Objective, Plan
from plans.models.results import PlannedFlow, PlanShare
from plans.models.rule import PlanRule
from plans.models.what_if import PlanClosure, SupposedFlow, SupposedSite

__all__ = [
    "Objective",
    "Plan",
    "PlanClosure",
    "PlanPart",
    "PlanRule",
    "PlanShare",
    "PlannedExchange",
    "PlannedFlow",
    "SupposedFlow",
    "SupposedSite",
]
