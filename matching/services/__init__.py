"""The only writers of matches, clusters, dismissals, weights, requests and runs."""

from matching.services.choosing import choose_weights, return_to_learned
from matching.services.clusters import compute_clusters, request_clusters
from matching.services.dismissals import classify_dismissal, dismiss_match
from matching.services.learning import note_decision
from matching.services.partitions import plan_run, work_partition
from matching.services.rematch import Changes, prune_list_changes, rematch_flow
from matching.services.rematch_requests import (
    NOW,
    PAUSE,
    rematch_due,
    request_rematches,
    resume_rematches,
    retry_rematches,
)
from matching.services.resuming import resume_run
from matching.services.run_endings import RunIsOver, cancel_run, finish_run, may_run
from matching.services.runs import (
    RunInProgress,
    execute_run,
    prune_runs,
    request_run,
    request_run_of_all,
    sweep_runs,
    unfinished_run,
)

__all__ = [
    "NOW",
    "PAUSE",
    "Changes",
    "RunInProgress",
    "RunIsOver",
    "cancel_run",
    "choose_weights",
    "classify_dismissal",
    "compute_clusters",
    "dismiss_match",
    "execute_run",
    "finish_run",
    "may_run",
    "note_decision",
    "plan_run",
    "prune_list_changes",
    "prune_runs",
    "rematch_due",
    "rematch_flow",
    "request_clusters",
    "request_rematches",
    "request_run",
    "request_run_of_all",
    "resume_rematches",
    "resume_run",
    "retry_rematches",
    "return_to_learned",
    "sweep_runs",
    "unfinished_run",
    "work_partition",
]
