"""
What every list of the admin has above it: its rows as a file, and where files of rows go in.

Apps above register what they write in a form of their own; the others' files hold what the list
shows.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.html import strip_tags

from turash.spreadsheets import CSV_TYPE, XLSX_TYPE, Cell, Sheet, csv_chunks, xlsx_chunks
from turash.streaming import streamed

FORMATS = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}
MOST_XLSX_ROWS = 100_000
ROWS_AT_ONCE = 1000

# Model → (request, rows, format) → an answer; and model → pages that take files, by what they say.
Exporter = Callable[[HttpRequest, QuerySet, str], Any]
exporters: dict[type[Model], Exporter] = {}
importers: dict[type[Model], list[tuple[Any, Callable[[], str]]]] = {}


def listed(model_admin: Any, request: HttpRequest, rows: QuerySet, kind: str) -> Any:
    """Answer with what the list shows of its rows, of all pages."""
    names = [name for name in model_admin.get_list_display(request) if name != "action_checkbox"]
    table = _table(model_admin, names, rows)
    name = model_admin.opts.model_name
    chunks = csv_chunks(table) if kind == "csv" else xlsx_chunks([Sheet(name, table)])
    response: StreamingHttpResponse = streamed(request, chunks, FORMATS[kind])
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _table(model_admin: Any, names: list[str], rows: QuerySet) -> Iterator[list[Cell]]:
    yield [str(label_for_field(name, model_admin.model, model_admin)) for name in names]
    ordered = rows.order_by("pk")
    last = None
    while True:
        page = list((ordered if last is None else ordered.filter(pk__gt=last))[:ROWS_AT_ONCE])
        for row in page:
            yield [_cell(name, row, model_admin) for name in names]
        if len(page) < ROWS_AT_ONCE:
            return
        last = page[-1].pk


def _cell(name: str, row: Model, model_admin: Any) -> Cell:
    try:
        field, _attribute, value = lookup_field(name, row, model_admin)
    except ObjectDoesNotExist:
        return None
    if field is not None and getattr(field, "flatchoices", None):
        value = dict(field.flatchoices).get(value, value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, int | float):
        return value
    return strip_tags(str(value))
