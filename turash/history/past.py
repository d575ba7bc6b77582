"""Former states of rows, put together from what has changed since."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from turash.errors import DomainError
from turash.history.models import Change

MASKED = "***"
State = dict[str, Any]
# Store a row as it was, by the rules that hold today: the service of its app.
Restorer = Callable[[Any, Change], None]

_restorers: dict[str, Restorer] = {}


class CannotRestore(DomainError):
    """The former state cannot come back."""

    code = "cannot_restore"


def restores(model: type[Model]) -> Callable[[Restorer], Restorer]:
    """Register how a former state of a model is stored; others do not come back."""

    def register(restorer: Restorer) -> Restorer:
        _restorers[model._meta.db_table] = restorer
        return restorer

    return register


def is_restorable(table: str) -> bool:
    return table in _restorers


def restorable_models() -> list[type[Model]]:
    return [model_of(table) for table in _restorers]


def state_before(change: Change) -> State | None:
    """
    Return the columns of a row as they were before a change; None: there was no row.

    Columns that have no history hold what they hold now; secret ones are missing.
    """
    return state_at(change.table, change.row_id, change.pk)


def state_at(table: str, row_id: str, change_id: int) -> State | None:
    """Undo this change of a row and all later ones, the newest first."""
    state = _state_now(table, row_id)
    later = Change.objects.filter(table=table, row_id=row_id, pk__gte=change_id)
    for change in later.order_by("-pk"):
        if change.operation == Change.Operation.INSERT:
            state = None
        elif change.operation == Change.Operation.DELETE:
            state = {name: values[0] for name, values in change.changes.items()}
        elif state is not None:
            state |= {name: values[0] for name, values in change.changes.items()}
    if state is None:
        return None
    return {name: value for name, value in state.items() if value != MASKED}


def rows_before(model: type[Model], change: Change, *, column: str, value: str) -> Iterator[State]:
    """
    Return the rows of another table that belonged to a row then, such as those of an inline.

    A row is one of them if its `column` held the value.
    """
    table = model._meta.db_table
    keys = set(
        Change.objects.filter(table=table, pk__gt=change.pk)
        .filter(**{f"changes__{column}__0": value})
        .values_list("row_id", flat=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {connection.ops.quote_name(model._meta.pk.column)}::text"
            f" FROM {connection.ops.quote_name(table)}"
            f" WHERE {connection.ops.quote_name(column)}::text = %s",
            [value],
        )
        keys |= {key for (key,) in cursor.fetchall()}
    for key in sorted(keys):
        state = state_at(table, key, change.pk)
        if state is not None and str(state.get(column)) == value:
            yield state


def may_restore(actor: Any, model: type[Model]) -> bool:
    """Who may edit rows of a model may bring former states of them back."""
    return actor.has_perm(f"{model._meta.app_label}.change_{model._meta.model_name}")


@transaction.atomic
def restore(*, actor: Any, change: Change) -> Model:
    """
    Bring a row into the state that it had before a change.

    It is stored by the service of its app: what is not allowed today does not come back.

    :raises PermissionDenied: the actor may not edit such rows.
    :raises CannotRestore: it was not there before, or the table's rows do not come back.
    :raises ValidationError: the state would break a rule.
    """
    if not may_restore(actor, model_of(change.table)):
        raise PermissionDenied(_("Your role does not change such rows."))
    restorer = _restorers.get(change.table)
    if restorer is None:
        raise CannotRestore(_("Rows of this kind do not come back."))
    state = state_before(change)
    if state is None:
        raise CannotRestore(_("Before this there was nothing."))
    former = row_of(change, state)
    restorer(former, change)
    return former


def row_of(change: Change, state: State) -> Model:
    """Return the row of a state; whether it is added by saving depends on what there is now."""
    model = model_of(change.table)
    quoted = connection.ops.quote_name(change.table)
    (former,) = model._base_manager.raw(
        f"SELECT * FROM jsonb_populate_record(NULL::{quoted}, %s::jsonb)", [json.dumps(state)]
    )
    former._state.adding = not model._base_manager.filter(pk=former.pk).exists()
    return former


def model_of(table: str) -> type[Model]:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == table and model._meta.managed:
            return model
    raise LookupError(table)


def _state_now(table: str, row_id: str) -> State | None:
    key = model_of(table)._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT to_jsonb(one)::text FROM {connection.ops.quote_name(table)} AS one"
            f" WHERE {connection.ops.quote_name(key)}::text = %s",
            [row_id],
        )
        row = cursor.fetchone()
    return json.loads(row[0]) if row else None


def column_names(model: type[Model]) -> dict[str, models.Field]:
    return {field.column: field for field in model._meta.concrete_fields}


def verbose_name_of(table: str) -> str:
    """What people call a row of the table."""
    try:
        return str(model_of(table)._meta.verbose_name)
    except LookupError:
        return table
