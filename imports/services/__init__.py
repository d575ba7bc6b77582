"""The only writers of imports."""

from imports.services.requesting import (
    ImportIsOver,
    NotReady,
    TooManyImports,
    cancel_import,
    confirm_import,
    request_import,
)
from imports.services.working import prune_imports, sweep_imports, work

__all__ = [
    "ImportIsOver",
    "NotReady",
    "TooManyImports",
    "cancel_import",
    "confirm_import",
    "prune_imports",
    "request_import",
    "sweep_imports",
    "work",
]
