"""CSV, read row by row from any place on: nothing but the row at hand is held."""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from imports.reading.files import WrongFile
from imports.resources.base import Resource, Row
from turash.spreadsheets import original

LONGEST_LINE_BYTES = 256 * 1024
LONGEST_CELL = 32_767
# Empty lines cost little: so many are passed over in the time that a row takes.
LINES_FOR_A_ROW = 100
MOST_COLUMNS = 200
DELIMITERS = (",", ";", "\t", "|")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a table is written: its delimiter, its columns in order (None: ignored), its start."""

    delimiter: str
    columns: list[str | None]
    first_byte: int
    decimal_comma: bool
    first_row: int = 1

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Dialect":
        return cls(**data)


class _Lines:
    """Lines of text from a place in a file on, and the place behind the last one."""

    def __init__(self, file: BinaryIO, offset: int, row: int) -> None:
        self.file, self.offset, self.row = file, offset, row
        # Where the row begins that is being read: a text in quotes may be many lines long.
        self.began = offset
        file.seek(offset)

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self.file.readline(LONGEST_LINE_BYTES + 1)
        if not raw:
            raise StopIteration
        if self.offset + len(raw) - self.began > LONGEST_LINE_BYTES:
            raise WrongFile(
                _("Row %(row)d has more than %(bytes)d bytes in a line; is the file a table?")
                % {"row": self.row, "bytes": LONGEST_LINE_BYTES}
            )
        self.offset += len(raw)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise WrongFile(
                _("Row %d is not UTF-8 text; save the file as “CSV UTF-8”.") % self.row
            ) from None
        if "\0" in text:
            raise WrongFile(_("Row %d holds a NUL character; is the file a table?") % self.row)
        return text


class Table:
    """The rows of a table file, from a place on."""

    def __init__(self, file: BinaryIO, dialect: Dialect, *, offset: int, row: int) -> None:
        self.dialect = dialect
        self._lines = _Lines(file, offset, row + 1)
        self._reader = csv.reader(self._lines, delimiter=dialect.delimiter, strict=True)

    @property
    def offset(self) -> int:
        """The byte behind the last row."""
        return self._lines.offset

    @property
    def row(self) -> int:
        """The number of the last row; the first is the header's."""
        return self._lines.row - 1

    def rows(self, most: int) -> Iterator[Row]:
        """
        Yield the next rows that are not empty, unless only empty ones follow for very long.

        :raises WrongFile: what follows cannot be read.
        """
        found = 0
        for _count in range(most * LINES_FOR_A_ROW):
            if found == most:
                return
            self._lines.began = self._lines.offset
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                raise WrongFile(
                    _(
                        "Row %(row)d cannot be read (%(reason)s); a quote inside a text is "
                        "doubled, and every quote has its partner."
                    )
                    % {"row": self._lines.row, "reason": error}
                ) from None
            if cells is None:
                return
            number = self._lines.row
            self._lines.row += 1
            if any(cell.strip() for cell in cells):
                found += 1
                yield self._row(number, cells)

    def _row(self, number: int, cells: list[str]) -> Row:
        columns = self.dialect.columns
        row = Row(number, {})
        filled = len(cells)
        while filled > len(columns) and not cells[filled - 1].strip():
            filled -= 1
        if filled > len(columns):
            row.refuse(
                "",
                _("This row has %(cells)d cells, but there are %(columns)d columns.")
                % {"cells": filled, "columns": len(columns)},
            )
        given: dict[str, str] = {}
        for index, name in enumerate(columns):
            if name is None:
                continue
            text = original(cells[index]).strip() if index < len(cells) else ""
            if len(text) > LONGEST_CELL:
                row.refuse(name, _("This cell holds more than %d characters.") % LONGEST_CELL)
                text = ""
            given[name] = text
        row.cells = given
        return row


def dialect_of(file: BinaryIO, resource: Resource) -> Dialect:
    """
    Find out how a table is written, by its header.

    :raises WrongFile: the first line names no columns, or unknown ones.
    """
    start = len(_BYTE_ORDER_MARK) if file.read(3) == _BYTE_ORDER_MARK else 0
    best: tuple[int, str, list[str]] = (-1, ",", [])
    for delimiter in DELIMITERS:
        lines = _Lines(file, start, 1)
        try:
            header = next(csv.reader(lines, delimiter=delimiter, strict=True), [])
        except csv.Error:
            continue
        known = sum(resource.known_column(name) is not None for name in header)
        if known > best[0]:
            best, end = (known, delimiter, header), lines.offset
    known, delimiter, header = best
    if known <= 0:
        raise WrongFile(
            _(
                "The first line must name the columns, separated by commas, semicolons or tabs, "
                "such as: %(columns)s. It begins with “%(found)s”."
            )
            % {
                "columns": ",".join(list(resource.by_name)[:8]),
                "found": " ".join(" ".join(header).split())[:60],
            }
        )
    return Dialect(
        delimiter=delimiter,
        columns=_columns(resource, header),
        first_byte=end,
        # Programs write semicolons where a comma begins the decimals.
        decimal_comma=delimiter in ";\t",
    )


def _columns(resource: Resource, header: list[str]) -> list[str | None]:
    if len(header) > MOST_COLUMNS:
        raise WrongFile(_("The file has more than %d columns.") % MOST_COLUMNS)
    columns: list[str | None] = []
    unknown = []
    for heading in header:
        name = resource.known_column(heading)
        if name is not None and name in columns:
            raise WrongFile(_("The column “%s” is there twice.") % name)
        if name is None and heading.strip() and not resource.is_ignored(heading):
            unknown.append(" ".join(heading.split())[:40])
        columns.append(name)
    if unknown:
        raise WrongFile(
            _("Unknown columns: %(unknown)s. Known are: %(known)s.")
            % {"unknown": ", ".join(unknown[:10]), "known": ", ".join(resource.by_name)}
        )
    return columns


def open_table(path: Path) -> BinaryIO:
    return path.open("rb")
