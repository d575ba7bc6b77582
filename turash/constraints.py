"""What the database refuses, told as if the model had refused it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q


@contextmanager
def told_by_the_database(model: type[models.Model]) -> Iterator[None]:
    """
    Save inside: the database checks the constraints, without a query for each of them first.

    :raises ValidationError: a constraint of the model is violated; its name is the error's code.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        name = getattr(diagnosis, "constraint_name", None)
        for constraint in model._meta.constraints:
            if constraint.name == name:
                message = constraint.get_violation_error_message()
                raise ValidationError(message, code=name) from error
        raise


def check_without_asking(row: models.Model) -> None:
    """
    Check the constraints of a row as the database would, but here: a million rows ask nothing.

    What is unknown because a value is missing passes, as in SQL.

    :raises ValidationError: a constraint is violated; its name is the error's code.
    """
    for constraint in row._meta.constraints:
        if not isinstance(constraint, models.CheckConstraint):
            continue
        if _holds(constraint.condition, row) is False:
            message = constraint.get_violation_error_message()
            raise ValidationError(message, code=constraint.name)


_LOOKUPS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": lambda value, wanted: value == wanted,
    "in": lambda value, wanted: value in wanted,
    "gt": lambda value, wanted: value > wanted,
    "gte": lambda value, wanted: value >= wanted,
    "lt": lambda value, wanted: value < wanted,
    "lte": lambda value, wanted: value <= wanted,
    "range": lambda value, wanted: wanted[0] <= value <= wanted[1],
    "len__gte": lambda value, wanted: len(value) >= wanted,
    "contained_by": lambda value, wanted: set(value) <= set(wanted),
}


def _holds(condition: Any, row: models.Model) -> bool | None:
    """Return the condition's truth for a row; None: unknown."""
    if not isinstance(condition, Q):
        name, wanted = condition
        return _compares(name, wanted, row)
    truths = [_holds(child, row) for child in condition.children]
    decisive = condition.connector == Q.OR
    truth: bool | None = not decisive
    if decisive in truths:
        truth = decisive
    elif None in truths:
        truth = None
    return truth if truth is None or not condition.negated else not truth


def _compares(name: str, wanted: Any, row: models.Model) -> bool | None:
    field, _separator, lookup = name.partition("__")
    value = getattr(row, row._meta.get_field(field).attname)  # type: ignore[union-attr]
    if lookup == "isnull":
        return (value is None) == wanted
    if isinstance(wanted, F):
        other = row._meta.get_field(wanted.name)  # type: ignore[attr-defined]
        wanted = getattr(row, other.attname)  # type: ignore[union-attr]
    elif wanted is None and not lookup:
        return value is None
    if value is None or wanted is None:
        return None
    return _LOOKUPS[lookup or "exact"](value, wanted)
