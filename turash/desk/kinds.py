"""What can be done to many rows of a list; apps register what their services do to one."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet


@dataclass(frozen=True, slots=True)
class Kind:
    """
    An action: `do(actor, row)` calls the service, and returns whether the row has changed.

    What it refuses it raises. `rows` reads the rows of some keys; `permission` is what its user
    has, beside looking after the region ("" for nothing more). `told` says how many have changed.
    """

    name: str
    label: Any
    model: type[Model]
    rows: Callable[[Collection[UUID]], QuerySet]
    do: Callable[[Any, Any], bool]
    told: Callable[[int], str]
    permission: str = ""

    @property
    def key(self) -> str:
        """By which a bulk action names it."""
        return f"{self.model._meta.label_lower}.{self.name}"


kinds: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    kinds[kind.key] = kind
    return kind


def may_use(user: Any, kind: Kind) -> bool:
    """Who looks after the region, and edits such rows where the action does."""
    return user.is_facilitator and (not kind.permission or user.has_perm(kind.permission))
