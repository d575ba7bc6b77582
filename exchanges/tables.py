"""Outcomes as tables for spreadsheet programs; headers in the reader's language."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from exchanges.outcomes import DELIVERED, FIGURES, Scope, Total, lines
from turash.figures import unit
from turash.spreadsheets import Cell, Sheet


def sheets(totals: list[Total], scope: Scope) -> list[Sheet]:
    """The eight figures, and every delivery with what it brought."""
    return [
        Sheet(_("Figures"), list(figure_rows(totals))),
        Sheet(_("Deliveries"), delivery_rows(scope)),
    ]


def figure_rows(totals: list[Total]) -> Iterator[list[Cell]]:
    yield [_("Figure"), _("Unit"), _("Reported"), _("Verified")]
    for total in totals:
        figure = total.figure
        yield [str(figure.label), figure.unit, total.reported, total.verified]


def delivery_rows(scope: Scope) -> Iterator[list[Cell]]:
    yield [
        _("Month"), _("From"), _("To"), _("Resource"), _("Quantity"), _("Unit"), _("Confirmed"),
        *(_titled(figure.key) for figure in DELIVERED), _("Proposal"),
    ]  # fmt: skip
    for row in lines(scope):
        yield [
            f"{row['month']:%Y-%m}", row["source"], row["target"], row["resource"],
            row["quantity"], unit(row["unit"]), _("yes") if row["confirmed_at"] else _("no"),
            *(row[figure.key] for figure in DELIVERED), str(row["proposal_id"]),
        ]  # fmt: skip


def _titled(key: str) -> str:
    figure = next(one for one in FIGURES if one.key == key)
    return f"{figure.label} [{figure.unit}]"
