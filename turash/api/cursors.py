"""Where a page of a list ends, as a text that a caller sends back: paging that is fast anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import BooleanField, F, Field, Func, Q, QuerySet, Value
from django.utils.translation import gettext as _
from rest_framework import exceptions

SALT = "turash.api.cursors"
# A name of 200 characters, each of which takes 12 in JSON, and what belongs to it.
LONGEST = 4000


@dataclass(frozen=True)
class Key:
    """A column of an order; `path` leads to it, such as "organization__name"."""

    path: str
    is_descending: bool
    field: Field

    def of(self, row: Any) -> Any:
        """Return its value of a row, as JSON can hold it without loss."""
        value = row
        for name in self.path.split("__"):
            value = getattr(value, name)
        if isinstance(value, datetime):
            return value.isoformat()
        return value if isinstance(value, int | float) else str(value)


def keys_of(queryset: QuerySet) -> list[Key] | None:
    """
    Return the order of a queryset; None where it is not one of columns that always hold something.

    Computed orders have no columns, and after nothing comes nobody knows what.
    """
    keys = []
    for name in queryset.query.order_by:
        if not isinstance(name, str):
            return None
        path = name.removeprefix("-")
        field = _field(queryset.model, path)
        if field is None:
            return None
        path = path.removesuffix("pk") + field.attname if path.endswith("pk") else path
        keys.append(Key(path, name.startswith("-"), field))
    return keys or None


def _field(model: Any, path: str) -> Any:
    field = None
    for name in path.split("__"):
        try:
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        if field.null:
            return None
        model = field.related_model
    return field


def cursor_of(keys: Sequence[Key], row: Any, *, is_backward: bool = False) -> str:
    """Return the cursor of the page that begins after a row, or ends before it."""
    return signing.dumps([is_backward, *(key.of(row) for key in keys)], salt=_salt(keys))


def read(cursor: str, keys: Sequence[Key]) -> tuple[bool, list[Any]]:
    """
    Return whether a cursor leads back, and the values of the row that it stands at.

    :raises ValidationError: it is none of ours, or of another list.
    """
    try:
        if len(cursor) > LONGEST:
            raise signing.BadSignature
        is_backward, *values = signing.loads(cursor, salt=_salt(keys))
        return is_backward, [key.field.to_python(v) for key, v in zip(keys, values, strict=True)]
    except (signing.BadSignature, ValidationError, ValueError) as error:
        message = _("This is no cursor of this list: follow the links of its pages.")
        raise exceptions.ValidationError({"cursor": message}) from error


def _salt(keys: Sequence[Key]) -> str:
    # Signed, because values of another kind would be errors of the database.
    return ":".join([SALT, *(f"{key.field.model._meta.label}.{key.path}" for key in keys)])


def page_at(
    queryset: QuerySet, keys: Sequence[Key], values: Sequence[Any], *, is_backward: bool
) -> QuerySet:
    """Return the rows that come after a place in the order; or before it, the nearest first."""
    if is_backward:
        queryset = queryset.reverse()
    after = [(k.path, k.is_descending != is_backward, v) for k, v in zip(keys, values, strict=True)]
    if len({is_descending for _path, is_descending, _value in after}) == 1:
        return queryset.filter(_beyond_row(keys, values, is_descending=after[0][1]))
    return queryset.filter(_beyond(after))


def _beyond_row(keys: Sequence[Key], values: Sequence[Any], *, is_descending: bool) -> Func:
    """A comparison of rows, which an index finds wherever it is."""
    columns = _Row(*(F(key.path) for key in keys))
    place = _Row(*(Value(v, output_field=key.field) for key, v in zip(keys, values, strict=True)))
    sign = " < " if is_descending else " > "
    return Func(
        columns, place, template="%(expressions)s", arg_joiner=sign, output_field=BooleanField()
    )


class _Row(Func):
    template = "ROW(%(expressions)s)"
    output_field = BooleanField()  # of no meaning


def _beyond(after: Sequence[tuple[str, bool, Any]]) -> Q:
    """The same of columns in different directions; an index can begin at the first of them."""
    (path, is_descending, value), *rest = after
    step = "lt" if is_descending else "gt"
    strictly = Q(**{f"{path}__{step}": value})
    if not rest:
        return strictly
    return Q(**{f"{path}__{step}e": value}) & (strictly | _beyond(rest))
