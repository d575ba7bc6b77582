"""
Tables as CSV and XLSX files for spreadsheet programs, which take some texts for formulas.

What people typed (a name, a note) must not become a formula in somebody else's spreadsheet: in CSV
such a text gets an apostrophe in front, as OWASP recommends; in XLSX its cell says that it is text.
Numbers are written as numbers.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | Decimal | date | None

CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The last four are what spreadsheet programs of East Asia take for the first.
# Apostrophes before it are counted in, so that one can be taken away again.
_FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n＝＋－＠]")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LONGEST_TEXT = 32_767
# Of what is handed on at once [bytes, about].
PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table: a name of at most 31 characters, and rows, the first of them the header."""

    name: str
    rows: Iterable[Sequence[Cell]]


def csv_file(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return a table as UTF-8 with a byte order mark, which tells Excel that it is UTF-8."""
    return b"".join(csv_chunks(rows))


def csv_chunks(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield the same piece by piece; no more than a piece is held."""
    text = io.StringIO(newline="")
    text.write("\ufeff")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_csv_cell(cell) for cell in row])
        if text.tell() >= PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def neutral(text: str) -> str:
    """Return a text as no spreadsheet program takes it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def original(text: str) -> str:
    """Return what `neutral` has been given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text, 1) else text


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return neutral(cell)
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    if isinstance(cell, date):
        return cell.isoformat()
    return repr(cell)


def xlsx_file(sheets: Sequence[Sheet]) -> bytes:
    """Return sheets as an Office Open XML workbook (ECMA-376), with the least that it needs."""
    return b"".join(xlsx_chunks(sheets))


class _Outlet(io.RawIOBase):
    """Where a ZIP archive is written to that is handed on at once: nothing seeks in it."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self.parts)
        self.parts.clear()
        return taken


def xlsx_chunks(sheets: Sequence[Sheet]) -> Iterator[bytes]:
    """Yield the same piece by piece; no more than a piece is held."""
    target = _Outlet()
    numbers = range(1, len(sheets) + 1)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _content_types(numbers))
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        archive.writestr("xl/workbook.xml", _workbook(sheets))
        targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in numbers]
        archive.writestr("xl/_rels/workbook.xml.rels", _relations(targets))
        for number, sheet in zip(numbers, sheets, strict=True):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w") as entry:
                for piece in _worksheet(sheet):
                    entry.write(piece.encode())
                    if target.parts:
                        yield target.take()
    yield target.take()


_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SCHEMAS = "http://schemas.openxmlformats.org"
_MAIN = f"{_SCHEMAS}/spreadsheetml/2006/main"
_LINKS = f"{_SCHEMAS}/officeDocument/2006/relationships"


def _content_types(numbers: Iterable[int]) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = [("/xl/workbook.xml", f"{kind}.sheet.main+xml")]
    parts += [(f"/xl/worksheets/sheet{n}.xml", f"{kind}.worksheet+xml") for n in numbers]
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{content_type}"/>'
        for name, content_type in parts
    )
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{_HEAD}<Types xmlns="{_SCHEMAS}/package/2006/content-types">'
        f'<Default Extension="rels" ContentType="{rels}"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_LINKS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return (
        f'{_HEAD}<Relationships xmlns="{_SCHEMAS}/package/2006/relationships">'
        f"{rows}</Relationships>"
    )


def _workbook(sheets: Sequence[Sheet]) -> str:
    rows = "".join(
        f'<sheet name={quoteattr(_sheet_name(sheet.name))} sheetId="{number}" r:id="rId{number}"/>'
        for number, sheet in enumerate(sheets, start=1)
    )
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>{rows}</sheets></workbook>'


def _sheet_name(name: str) -> str:
    return re.sub(r"[\[\]:*?/\\']", " ", name)[:31] or "Sheet"


def _worksheet(sheet: Sheet) -> Iterator[str]:
    yield f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'
    for row in sheet.rows:
        yield f"<row>{''.join(_xlsx_cell(cell) for cell in row)}</row>"
    yield "</sheetData></worksheet>"


def _xlsx_cell(cell: Cell) -> str:
    if cell is None:
        return "<c/>"
    if isinstance(cell, date):
        cell = cell.isoformat()
    if isinstance(cell, str):
        text = escape(_NOT_XML.sub("", cell)[:_LONGEST_TEXT])
        return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    number = f"{cell.normalize():f}" if isinstance(cell, Decimal) else repr(cell)
    return f"<c><v>{number}</v></c>"
