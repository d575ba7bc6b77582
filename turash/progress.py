"""How far work has got that is done part by part: of a run of matching, of a bulk action."""

from typing import Any


class Progress:
    """For models with `done_count` and `total_count`."""

    done_count: Any
    total_count: Any

    @property
    def done_share(self) -> float:
        """How much of the work is done, 0 to 1."""
        return self.done_count / self.total_count if self.total_count else 0.0

    @property
    def percent(self) -> int:
        """The same in whole percent: 100 only when all is done."""
        return int(100 * self.done_share)
