"""Versions of what the API shows: entity tags, and requests that depend on them (RFC 9110)."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from django.db.models import CharField, F, Func
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer

# Our tags are hexadecimal; what comes after a dot tells the form.
_VARIANT = re.compile(r"\.[\w.]+\"")
# Raised when objects are told differently than before, so that nobody takes the old for the new.
FORMAT = 1


class RowVersion(Func):
    """
    The transaction that wrote a row last, told by PostgreSQL: another one after every change.

    Whoever made it: services, the admin, triggers. `path` leads to the row, such as "site__".
    """

    output_field = CharField()

    def __init__(self, path: str = "", *, column: str = "pk") -> None:
        super().__init__(F(f"{path}{column}"))

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list]:
        (column,) = self.source_expressions
        return f"{compiler.quote_name_unless_alias(column.alias)}.xmin::text", []  # type: ignore[attr-defined]


class Stale(APIException):
    """What the request is about has changed since the caller has seen it (HTTP 412)."""

    status_code = 412
    default_detail = _("Somebody has changed this since you read it. Read it again.")
    default_code = "stale"


def tag_of_version(*parts: object) -> str:
    """Return the strong entity tag of an object by all that decides how it is told."""
    text = json.dumps([FORMAT, *map(str, parts)])
    return _tag(text.encode())


def tag_of_content(content: bytes) -> str:
    """Return the strong entity tag of what has no version of its own, as it is sent."""
    return _tag(content)


def tag_of_data(data: Any) -> str:
    """Return the same before it is rendered."""
    return tag_of_content(JSONRenderer().render(data))


def tag_of_answer(content: bytes, headers: Any) -> str:
    """Return the tag of an answer without a version; a list is also how long it is altogether."""
    return tag_of_content(content + headers.get("X-Total-Count", "").encode())


def variant(tag: str, name: str) -> str:
    """Return the tag of the same version in another form, such as GeoJSON."""
    return f'{tag[:-1]}.{name}"'


def without_variants(header: str) -> str:
    """Return a list of tags as those of the versions that they name."""
    return _VARIANT.sub('"', header)


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def is_among(tag: str, header: str) -> bool:
    """
    Whether a list of entity tags, or `*`, holds a tag.

    A weak one is as good: it is what compression on the way makes of ours, and names one version.
    """
    given: Iterable[str] = (one.removeprefix("W/") for one in parse_etags(header))
    return any(one in ("*", tag.removeprefix("W/")) for one in given)
