"""Small editions of the Hotmaps database, written by the tests."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from organizations.importers import hotmaps

HEADER = [
    "SiteID", "CompanyName", "SiteName", "Address", "CityCode", "City", "Country", "geom",
    "Subsector", "DataSource", "Emissions_ETS_2014", "Emissions_EPRTR_2014", "Production",
    "Fuel_Demand", "Excess_Heat_100-200C", "Excess_Heat_200-500C", "Excess_Heat_500C",
    "Excess_Heat_Total",
]  # fmt: skip
VALID = {
    "CompanyName": "Papier AG",
    "SiteName": "Werk Graz",
    "CityCode": "8010",
    "City": "Graz",
    "Country": "Austria",
    "geom": "SRID=4326;POINT(15.44 47.07)",
    "Subsector": "Paper and printing",
    "Fuel_Demand": "300.5",
    "Excess_Heat_100-200C": "12.25",
    "Excess_Heat_200-500C": "0.00",
    "Excess_Heat_500C": "0.00",
}


def line_of(**values: str) -> str:
    """Return a line of the file: a valid paper mill, but for these values."""
    text = io.StringIO()
    row = [({**VALID, **values}).get(name, "") for name in HEADER]
    csv.writer(text, delimiter=";", lineterminator="\n").writerow(row)
    return text.getvalue()


@pytest.fixture
def edition(tmp_path) -> Callable[..., Path]:
    """Write a file of these lines under the header."""

    def write(*lines: str, header: str = ";".join(HEADER) + "\n", encoding="utf-8") -> Path:
        path = tmp_path / "edition.csv"
        path.write_bytes((header + "".join(lines)).encode(encoding))
        return path

    return write


@pytest.fixture
def import_lines(edition) -> Callable[..., hotmaps.Report]:
    """Import a file of these lines."""
    return lambda *lines: hotmaps.import_file(edition(*lines))
