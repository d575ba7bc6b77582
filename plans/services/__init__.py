"""What people and workers do with exchange plans."""

from plans.services.endings import PlanIsOver, cancel_plan
from plans.services.proposing import propose_exchanges
from plans.services.requesting import change_plan, request_plan, vary_plan
from plans.services.working import plan_parts, prune_plans, sweep_plans, work_part

__all__ = [
    "PlanIsOver",
    "cancel_plan",
    "change_plan",
    "plan_parts",
    "propose_exchanges",
    "prune_plans",
    "request_plan",
    "sweep_plans",
    "vary_plan",
    "work_part",
]
