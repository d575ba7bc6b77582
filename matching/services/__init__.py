"""The only writers of matches, dismissals and runs."""

from matching.services.dismissals import dismiss_match
from matching.services.rematch import Changes, rematch_flow
from matching.services.rematch_requests import (
    NOW,
    PAUSE,
    rematch_due,
    request_rematches,
    resume_rematches,
    retry_rematches,
)
from matching.services.runs import execute_run, request_run

__all__ = [
    "NOW",
    "PAUSE",
    "Changes",
    "dismiss_match",
    "execute_run",
    "rematch_due",
    "rematch_flow",
    "request_rematches",
    "request_run",
    "resume_rematches",
    "retry_rematches",
]
