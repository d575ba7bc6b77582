"""XLSX and GeoJSON become tables first: their own formats can only be read from the beginning."""

import csv
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO

import ijson
from django.utils.translation import gettext as _

from imports.reading.files import WrongFile
from imports.reading.tables import LONGEST_CELL, MOST_COLUMNS
from imports.reading.workbooks import rows_of_first_sheet
from imports.resources.base import Resource
from turash.spreadsheets import neutral

LARGEST_TABLE = 2 * 1024**3
DEEPEST = 8
MOST_VALUES_OF_FEATURE = 2000
# Of text, names included.
LARGEST_FEATURE = 1024**2
# A name of each level, joined.
LONGEST_PATH = 1000
_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_PLACE = ("longitude", "latitude")


def unpack(path: Path, kind: str, target: Path, resource: Resource) -> None:
    """
    Write the rows of a workbook's first sheet, or of a FeatureCollection, as a CSV file.

    :raises WrongFile: it cannot be read, or is larger than is taken.
    """
    rows = _sheet(path) if kind == "xlsx" else _features(path, resource)
    with target.open("w", encoding="utf-8", newline="") as table:
        writer = csv.writer(table)
        for row in rows:
            writer.writerow([neutral(cell) for cell in row])
            if table.tell() > LARGEST_TABLE:
                raise WrongFile(_("The file holds more than is taken; split it."))


# --- XLSX ------------------------------------------------------------------------------------


def _sheet(path: Path) -> Iterator[list[str]]:
    last = 0
    for number, cells in rows_of_first_sheet(path):
        texts = _cells(number, cells)
        if texts:
            # As lines, so that rows keep their numbers; none after the last that says anything.
            yield from repeat([], number - last - 1)
            yield texts
            last = number


def _cells(number: int, cells: Iterable[Any]) -> list[str]:
    texts = [_text_of_cell(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > MOST_COLUMNS:
        raise WrongFile(
            _("Row %(row)d has more than %(most)d columns.") % {"row": number, "most": MOST_COLUMNS}
        )
    return texts


def _text_of_cell(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return f"{cell:.15g}"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat()
    return str(cell).replace("\0", "")


# --- GeoJSON ---------------------------------------------------------------------------------


def _features(path: Path, resource: Resource) -> Iterator[list[str]]:
    columns: dict[str, None] = {}
    for feature in _read(path):
        for name in _flat(feature, resource):
            columns.setdefault(name)
            if len(columns) > MOST_COLUMNS:
                raise WrongFile(_("The file has more than %d columns.") % MOST_COLUMNS)
    if not columns:
        raise WrongFile(_("The FeatureCollection has no features."))
    yield list(columns)
    for feature in _read(path):
        row = _flat(feature, resource)
        yield [row.get(name, "") for name in columns]


def _read(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open("rb") as file:
            yield from _objects(file)
    except (ijson.JSONError, UnicodeDecodeError, ValueError) as error:
        raise WrongFile(
            _("The file is no GeoJSON (%s).") % " ".join(str(error).split())[:120]
        ) from None


def _objects(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Build one feature after the other; none may be larger than a row can be."""
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    found = False
    builder: Any = None
    depth = values = number = size = 0
    for prefix, event, value in ijson.parse(_Texts(file)):
        if len(prefix) > LONGEST_PATH:
            raise WrongFile(_("Feature %d is too large or too deep for a row.") % (number or 1))
        if builder is None:
            if prefix == "type" and value != "FeatureCollection":
                raise WrongFile(_("The file is GeoJSON, but no FeatureCollection."))
            found = found or prefix == "features"
            if prefix != "features.item" or event != "start_map":
                continue
            builder, depth, values, size = ijson.ObjectBuilder(), 0, 0, 0
            number += 1
        builder.event(event, value)
        values += 1
        size += len(value) if isinstance(value, str) else 0
        depth += {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}.get(event, 0)
        if depth > DEEPEST or values > MOST_VALUES_OF_FEATURE or size > LARGEST_FEATURE:
            raise WrongFile(_("Feature %d is too large or too deep for a row.") % number)
        if depth == 0:
            yield builder.value
            builder = None
    if not found:
        raise WrongFile(_("The file is GeoJSON, but no FeatureCollection."))


class _Texts:
    """A file whose texts and numbers are no longer than is taken: each would be held whole."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.since_quote, self.escape = file, 0, b""

    def read(self, size: int) -> bytes:
        chunk = self.file.read(size)
        # Without what is escaped, each quote begins a text or ends it.
        plain = _ESCAPED.sub(b"", self.escape + chunk)
        self.escape = b"\\" if plain.endswith(b"\\") else b""
        if b'"' in plain:
            self.since_quote = 0
        self.since_quote += len(chunk)
        if self.since_quote > LARGEST_FEATURE:
            raise WrongFile(_("The file holds more than is taken; split it."))
        return chunk


def _flat(feature: dict[str, Any], resource: Resource) -> dict[str, str]:
    """Properties by name; a site's place becomes two of them."""
    row: dict[str, str] = {}
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise WrongFile(_("The properties of a feature must be an object."))
    if "id" in feature and "id" in resource.by_name:
        row["id"] = _text(feature["id"])
    geometry = feature.get("geometry")
    if "longitude" in resource.by_name and isinstance(geometry, dict):
        coordinates = geometry.get("coordinates")
        if geometry.get("type") == "Point" and isinstance(coordinates, list):
            row |= dict(zip(_PLACE, map(_text, coordinates), strict=False))
    row |= {str(name): _text(value)[: LONGEST_CELL + 1] for name, value in properties.items()}
    return row


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name} {_text(one)}" for name, one in value.items())
    return str(value).replace("\0", "")
