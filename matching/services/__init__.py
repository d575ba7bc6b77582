"""The only writers of matches, dismissals and runs."""

from matching.services.dismissals import dismiss_match
from matching.services.rematch import Changes, rematch_flow, rematch_later
from matching.services.runs import execute_run, request_run

__all__ = [
    "Changes",
    "dismiss_match",
    "execute_run",
    "rematch_flow",
    "rematch_later",
    "request_run",
]
