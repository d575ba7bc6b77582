"""The only writers of saved filters and bulk actions."""

from turash.desk.services.bulk import (
    BulkActionIsOver,
    TooManyRows,
    cancel_bulk_action,
    perform,
    request_bulk_action,
    sweep_bulk_actions,
    work,
)
from turash.desk.services.saved_filters import (
    NameIsTaken,
    TooManyFilters,
    delete_filter,
    save_filter,
)

__all__ = [
    "BulkActionIsOver",
    "NameIsTaken",
    "TooManyFilters",
    "TooManyRows",
    "cancel_bulk_action",
    "delete_filter",
    "perform",
    "request_bulk_action",
    "save_filter",
    "sweep_bulk_actions",
    "work",
]
