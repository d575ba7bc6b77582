"""
What sites of a sector usually give and need, by one size: a rough beginning, to be corrected.

The figures and their sources are in data/sector_templates.csv and data/sector_template_flows.csv,
and for people in docs/sector-templates.md.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

DATA = Path(__file__).parent / "data"
# Digits of a proposed amount: more would pretend to know.
DIGITS = 3


@dataclass(frozen=True, slots=True)
class TypicalFlow:
    """
    An output or input, in `unit` a year for one unit of the size.

    `basis` is "source" where the range stands in the source, "derived" where it was computed from
    it as `note` tells, and "estimate" where it is our own.
    """

    sector: str
    direction: str
    resource_type: str
    low: Decimal
    typical: Decimal
    high: Decimal
    unit: str
    temperature_min: float | None
    temperature_max: float | None
    hours: str
    hazardous: bool
    basis: str
    note: str
    source: str

    @property
    def key(self) -> str:
        """Names the flow among those of its template."""
        return f"{self.direction}-{self.resource_type.replace('.', '-')}"

    def amounts(self, size: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        """The lowest, usual and highest amount a year of a site of this size."""
        low, typical, high = (rounded(part * size) for part in (self.low, self.typical, self.high))
        return low, typical, high


@dataclass(frozen=True, slots=True)
class SectorTemplate:
    """A sector, and the one figure that tells how large a site of it is."""

    code: str
    nace: tuple[str, ...]
    name: str
    name_ru: str
    name_tt: str
    size: str
    size_ru: str
    size_tt: str
    size_unit: str
    typical_size: Decimal
    flows: tuple[TypicalFlow, ...]

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return self._in_language("name")

    @property
    def size_label(self) -> str:
        """What the size means, in the reader's language."""
        return self._in_language("size")

    def _in_language(self, name: str) -> str:
        language = (get_language() or "en").split("-")[0]
        return getattr(self, f"{name}_{language}", "") or getattr(self, name)


def rounded(amount: Decimal) -> Decimal:
    """Round to three digits: 1,234.5 is 1,230, and 0.12345 is 0.123."""
    if not amount:
        return Decimal(0)
    return round(amount, DIGITS - 1 - amount.adjusted()).normalize() + Decimal(0)


@cache
def all_templates() -> dict[str, SectorTemplate]:
    """The templates by their code, in the order of the file."""
    flows = [_flow(row) for row in _rows("sector_template_flows.csv")]
    return {
        row["code"]: SectorTemplate(
            **row
            | {
                "nace": tuple(row["nace"].split()),
                "typical_size": Decimal(row["typical_size"]),
                "flows": tuple(flow for flow in flows if flow.sector == row["code"]),
            }
        )
        for row in _rows("sector_templates.csv")
    }


def of_sector(nace: str) -> SectorTemplate | None:
    """Return the template that is nearest to a NACE code: 10.71 is a kind of 10.7."""
    found = [
        (len(code), template)
        for template in all_templates().values()
        for code in template.nace
        if nace.startswith(code)
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _flow(row: dict[str, Any]) -> TypicalFlow:
    values: dict[str, Any] = dict(row)
    for field in fields(TypicalFlow):
        text = row[field.name]
        if field.type is Decimal:
            values[field.name] = Decimal(text)
        elif field.type is bool:
            values[field.name] = text == "yes"
        elif field.name.startswith("temperature"):
            values[field.name] = float(text) if text else None
    return TypicalFlow(**values)
