"""Deliveries from a CSV file: `month,quantity[,note]`, comma or semicolon, all or nothing."""

import csv
import io
import re
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from exchanges.services import Reported
from exchanges.services.reporting import MOST_AT_ONCE
from turash.errors import InvalidInput

LARGEST_FILE = 256 * 1024
COLUMNS = ("month", "quantity", "note")
_MONTH = re.compile(r"(\d{4})-(\d{2})(-01)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?", re.ASCII)


def read_deliveries(content: bytes) -> list[Reported]:
    """
    Read a file's rows; with semicolons between the columns, decimals may have a comma.

    :raises InvalidInput: the file or a row is wrong; the paths are `rows[n]`, from the header's
        line 1 on.
    """
    if len(content) > LARGEST_FILE:
        raise InvalidInput({"file": [_("The file is too large.")]})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput({"file": [_("The file is not UTF-8 text.")]}) from None
    if "\0" in text:
        raise InvalidInput({"file": [_("The file is not UTF-8 text.")]})
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    try:
        table = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InvalidInput({"file": [_("The file is no CSV: %s") % error]}) from None
    return _rows(table, decimal_comma=delimiter == ";")


def _rows(table: list[list[str]], *, decimal_comma: bool) -> list[Reported]:
    header = [name.strip().lower() for name in table[0]] if table else []
    if header[:2] != list(COLUMNS[:2]) or header[2:] not in ([], ["note"]):
        raise InvalidInput({"file": [_("The first line must be: month,quantity,note")]})
    filled = [(line, row) for line, row in enumerate(table[1:], start=2) if any(row)]
    if not filled:
        raise InvalidInput({"file": [_("The file has no rows.")]})
    if len(filled) > MOST_AT_ONCE:
        raise InvalidInput({"file": [_("At most %d months at once.") % MOST_AT_ONCE]})
    rows, errors = [], {}
    for line, cells in filled:
        try:
            rows.append(_row(line, cells, len(header), decimal_comma=decimal_comma))
        except InvalidInput as error:
            errors.update(error.errors)
    if errors:
        raise InvalidInput(errors)
    return rows


def _row(line: int, cells: list[str], width: int, *, decimal_comma: bool) -> Reported:
    path = f"rows[{line}]"
    if len(cells) != width:
        raise InvalidInput({path: [_("This row has another number of columns.")]})
    errors = {}
    month = month_of(cells[0].strip())
    if month is None:
        errors[f"{path}.month"] = [_("Give a month such as 2026-03.")]
    quantity = _quantity(cells[1].strip(), decimal_comma=decimal_comma)
    if quantity is None:
        errors[f"{path}.quantity"] = [_("Give a number such as 1234.5.")]
    if errors or month is None or quantity is None:
        raise InvalidInput(errors)
    return Reported(month, quantity, note=cells[2].strip() if width > 2 else "", path=path)


def month_of(text: str) -> date | None:
    """Return the first day of `2026-03`; None: it is no month."""
    match = _MONTH.fullmatch(text)
    if not match or not 1 <= int(match[2]) <= 12 or int(match[1]) < 1:
        return None
    return date(int(match[1]), int(match[2]), 1)


def _quantity(text: str, *, decimal_comma: bool) -> Decimal | None:
    if decimal_comma:
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
