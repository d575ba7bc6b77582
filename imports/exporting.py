"""Exports: rows as CSV, XLSX or GeoJSON, written while they are read; little of them is held."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import chain
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from imports.resources import Resource
from turash import rate_limits
from turash.errors import InvalidInput
from turash.spreadsheets import CSV_TYPE, XLSX_TYPE, Cell, Sheet, csv_chunks, xlsx_chunks
from turash.streaming import streamed

GEOJSON_TYPE = "application/geo+json"
TYPES = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE, "geojson": GEOJSON_TYPE}
# Spreadsheet programs get slow far below their own limit of 1,048,576.
MOST_XLSX_ROWS = 100_000
ROWS_AT_ONCE = 1000
# Exports of one user.
LIMIT = rate_limits.Limit("export", burst=20, refill=timedelta(seconds=10))
_IN_GEOMETRY = {"id", "longitude", "latitude"}


def formats_of(resource: Resource) -> list[str]:
    return list(TYPES) if resource.has_place else ["csv", "xlsx"]


def export_response(request: Any, resource: Resource, kind: str) -> StreamingHttpResponse:
    """
    Answer with the rows that the caller sees, with the filters of the API's list.

    :raises InvalidInput: the format is not offered, or would hold too many rows.
    :raises rest_framework.exceptions.ValidationError: a filter makes no sense.
    :raises TooManyRequests: the caller has asked too often.
    """
    rate_limits.spend(LIMIT, request.user.pk)
    rows = resource.filtered(request, resource.visible(request.user))
    return response_of(request, resource, rows, kind)


def response_of(
    request: Any, resource: Resource, queryset: Any, kind: str
) -> StreamingHttpResponse:
    """
    Answer with rows that the caller may see, as far as they may see them.

    :raises InvalidInput: the format is not offered, or would hold too many rows.
    """
    if kind not in formats_of(resource):
        known = ", ".join(formats_of(resource))
        raise InvalidInput({"format": [_("Choose one of: %s.") % known]})
    if kind == "xlsx" and queryset.order_by()[: MOST_XLSX_ROWS + 1].count() > MOST_XLSX_ROWS:
        message = _("An XLSX file takes at most %d rows: filter them, or take CSV.")
        raise InvalidInput({"format": [message % MOST_XLSX_ROWS]})
    rows = seen_rows(resource, queryset, request.user)
    return answer(request, export(resource, rows, kind), f"turash-{resource.name}", kind)


def seen_rows(resource: Resource, queryset: Any, viewer: Any) -> Iterator[Any]:
    """
    Yield rows as the viewer may see them, in the order of their keys.

    Some at a time, each by a statement of its own: no cursor or transaction of the database waits
    for who reads slowly.
    """
    ordered = queryset.order_by("pk")
    last = None
    while True:
        rows = list((ordered if last is None else ordered.filter(pk__gt=last))[:ROWS_AT_ONCE])
        yield from resource.as_seen(viewer, rows)
        if len(rows) < ROWS_AT_ONCE:
            return
        last = rows[-1].pk


def export(resource: Resource, rows: Iterable[Any], kind: str) -> Iterator[bytes]:
    """Yield a file piece by piece."""
    if kind == "geojson":
        return _geojson(resource, rows)
    table = chain([list(resource.by_name)], map(resource.cells_of, rows))
    return table_chunks(resource.name, table, kind)


def table_chunks(name: str, table: Iterable[Sequence[Cell]], kind: str) -> Iterator[bytes]:
    return csv_chunks(table) if kind == "csv" else xlsx_chunks([Sheet(name, table)])


def _geojson(resource: Resource, rows: Iterable[Any]) -> Iterator[bytes]:
    separator = '{"type": "FeatureCollection", "features": [\n'
    for row in rows:
        yield (separator + json.dumps(_feature(resource, row), ensure_ascii=False)).encode()
        separator = ",\n"
    yield (separator if separator[0] == "{" else "").encode() + b"\n]}\n"


def _feature(resource: Resource, row: Any) -> dict[str, Any]:
    cells = zip(resource.by_name, resource.cells_of(row), strict=True)
    place = resource.place_of(row)
    return {
        "type": "Feature",
        "id": str(row.pk),
        "geometry": place and {"type": "Point", "coordinates": place},
        "properties": {name: _plain(cell) for name, cell in cells if name not in _IN_GEOMETRY},
    }


def _plain(cell: Cell) -> Any:
    if isinstance(cell, Decimal):
        number = int(cell) if cell == cell.to_integral_value() else float(cell)
        # JSON's readers know no more digits than a float has.
        return number if Decimal(repr(number)) == cell else str(cell)
    return cell if cell is None or isinstance(cell, str | int | float) else str(cell)


def answer(request: Any, chunks: Iterator[bytes], name: str, kind: str) -> StreamingHttpResponse:
    """Answer with a file that is made while it is sent."""
    response = streamed(request, chunks, TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def template_response(resource: Resource, kind: str) -> HttpResponse:
    """
    Answer with a file to fill in: the columns, and an example; XLSX explains the columns, too.

    :raises InvalidInput: the format is not offered.
    """
    columns = resource.columns
    table = [list(resource.by_name), [column.example for column in columns]]
    if kind == "csv":
        content = b"".join(csv_chunks(table))
    elif kind == "xlsx":
        explained = Sheet(_("Columns"), explanation(resource))
        content = b"".join(xlsx_chunks([Sheet(resource.name, table), explained]))
    elif kind == "geojson" and resource.has_place:
        content = _example_feature(resource)
    else:
        raise InvalidInput({"format": [_("Choose one of: %s.") % ", ".join(formats_of(resource))]})
    response = HttpResponse(content, content_type=TYPES[kind])
    name = f"turash-{resource.name}-template.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def explanation(resource: Resource) -> list[list[Cell]]:
    """Each column with its unit, what may stand in it, and what it means."""
    head: list[Cell] = [
        _("Column"),
        _("Unit"),
        _("Needed"),
        _("What can stand in it"),
        _("Meaning"),
    ]
    rows: list[list[Cell]] = [
        [
            column.name,
            column.unit,
            _("yes") if column.is_required else "",
            str(column.allowed),
            str(column.about),
        ]
        for column in resource.columns
    ]
    return [head, *rows]


def _example_feature(resource: Resource) -> bytes:
    examples = {name: column.example for name, column in resource.by_name.items()}
    place = (examples.get("longitude", 11.09), examples.get("latitude", 55.68))
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": place},
        "properties": {
            name: example
            for name, example in examples.items()
            if example is not None and name not in _IN_GEOMETRY
        },
    }
    whole = {"type": "FeatureCollection", "features": [feature]}
    return json.dumps(whole, ensure_ascii=False, indent=2).encode()
