"""The facilitator's report as a formatted workbook."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from exchanges.outcomes import DELIVERED, FIGURES, Figure
from exchanges.reports import DEFINITIONS, SOURCES, Report

_HEAD = PatternFill("solid", fgColor="0A6E51")
_LINE = Border(bottom=Side("thin", color="B5BAAF"))
_NUMBER, _SHARE = "#,##0.##", "+0%;-0%;0%"
_WIDEST = 60


def workbook_of(report: Report, *, made_at: datetime) -> bytes:
    """Return the report as an XLSX file: figures, organizations, sectors, months, definitions."""
    book = Workbook()
    figures = book.active
    _figures(figures, report, made_at)
    names = [_titled(figure) for figure in FIGURES]
    for title, first, rows in (
        (_("Organizations"), _("Organization"), report.organizations),
        (_("Sectors"), _("Sector of who gives"), report.sectors),
    ):
        _table(book.create_sheet(title), [first, *names], [[row.name, *row.cells] for row in rows])
    _table(
        book.create_sheet(_("Months")),
        [_("Month"), *(_titled(figure) for figure in DELIVERED)],
        [[f"{row['month']:%Y-%m}", *(row[one.key] for one in DELIVERED)] for row in report.months],
    )
    _definitions(book.create_sheet(_("Definitions")))
    for sheet in book.worksheets:
        sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
        sheet.page_setup.orientation = sheet.ORIENTATION_LANDSCAPE
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _figures(sheet: Worksheet, report: Report, made_at: datetime) -> None:
    sheet.title = _("Figures")
    period, before = (
        f"{first:%Y-%m} – {last:%Y-%m}"
        for first, last in (
            (report.first, report.last),
            (report.before_first, report.before_last),
        )
    )
    _row(sheet, [_("What exchanges have brought")], font=Font(bold=True, size=16))
    for label, text in (
        (_("Region"), report.region),
        (_("Period"), period),
        (_("Compared with"), before),
        (_("Made on"), date_format(made_at, "DATETIME_FORMAT")),
    ):
        _row(sheet, [label, text])
    _row(sheet, [" "])
    _table(
        sheet,
        [_("Figure"), _("Unit"), _("Reported"), _("Verified"), _("Period before"), _("Change")],
        [
            [str(row.figure.label), row.figure.unit, row.reported, row.verified, row.before,
             row.change]
            for row in report.figures
        ],
    )  # fmt: skip
    for (cell,) in sheet.iter_rows(min_row=sheet.max_row - len(FIGURES) + 1, min_col=6, max_col=6):
        cell.number_format = _SHARE


def _definitions(sheet: Worksheet) -> None:
    _table(
        sheet,
        [_("Figure"), _("Unit"), _("Definition")],
        [[str(one.label), one.unit, str(DEFINITIONS[one.key])] for one in FIGURES],
    )
    _row(sheet, [" "])
    for source in SOURCES:
        _row(sheet, [_("Source"), None, str(source)])
    for (cell,) in sheet.iter_rows(min_col=3, max_col=3):
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _table(sheet: Worksheet, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add a table with a head that stays in sight, and is printed on each page."""
    _row(sheet, head, font=Font(bold=True, color="FFFFFF"), fill=_HEAD)
    top = sheet.max_row
    for cell in sheet[top]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = f"B{top + 1}"
    sheet.print_title_rows = f"{top}:{top}"
    for row in rows:
        _row(sheet, row, border=_LINE)
    for number in range(1, len(head) + 1):
        longest = max(
            len(str(cell.value)) for (cell,) in sheet.iter_rows(top, None, number, number)
            if cell.value is not None
        )  # fmt: skip
        sheet.column_dimensions[get_column_letter(number)].width = min(
            max(longest + 2, 12), _WIDEST
        )


def _row(sheet: Worksheet, values: Sequence[Any], **style: Any) -> None:
    number = sheet.max_row + 1 if sheet.max_row > 1 or sheet["A1"].value is not None else 1
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(number, column)
        if isinstance(value, str):
            value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.value = value
        if isinstance(value, str):
            # What people typed must not become a formula.
            cell.data_type = "s"
        elif isinstance(value, float):
            cell.number_format = _NUMBER
        for name, part in style.items():
            setattr(cell, name, part)


def _titled(figure: Figure) -> str:
    return f"{figure.label} [{figure.unit}]" if figure.unit else str(figure.label)
