"""The published files themselves, where they are at hand."""

import csv
import json
import math
from pathlib import Path

import pytest
from django.core.management import call_command

from organizations.importers import hotmaps
from organizations.models import Organization, ResourceFlow, Sector, Site, WasteCode

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT.parent / "shared/data/hotmaps/Industrial_Database_full_2019.csv"
CODES = ROOT.parent / "shared/data/codes"
BANDS = ["Excess_Heat_100-200C", "Excess_Heat_200-500C", "Excess_Heat_500C"]

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        not FILE.exists(), reason="the Hotmaps database (../shared/data/hotmaps) is not here"
    ),
]


@pytest.fixture
def rows() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def total(rows: list[dict[str, str]], *columns: str) -> float:
    return math.fsum(float(row[column] or 0) for row in rows for column in columns)


def test_all_of_the_file_arrives_and_only_once(rows):
    placed = [row for row in rows if row["geom"]]

    report = hotmaps.import_file(FILE)

    assert report.reading.line_count == len(rows) == 5029
    assert len(report.reading.without_point) == len(rows) - len(placed) == 524
    assert not report.reading.bad
    assert Site.objects.count() == len(placed) == 4505
    assert set(Site.objects.values_list("external_id", flat=True)) == {
        row["SiteID"] for row in placed
    }
    outputs = ResourceFlow.objects.filter(direction="output")
    inputs = ResourceFlow.objects.filter(direction="input")
    assert outputs.count() == sum(float(row[band]) > 0 for row in placed for band in BANDS)
    assert outputs.values("site").distinct().count() == 980
    assert inputs.count() == 1029
    excess_heat_mwh = math.fsum(outputs.values_list("quantity_per_year", flat=True))
    assert excess_heat_mwh == pytest.approx(1000 * total(placed, *BANDS))
    # The file's column of totals is rounded row by row.
    assert excess_heat_mwh / 1000 == pytest.approx(total(placed, "Excess_Heat_Total"), abs=1)
    assert total(placed, "Excess_Heat_Total") == pytest.approx(91_346, abs=0.5)
    fuel_demand_mwh = math.fsum(inputs.values_list("quantity_per_year", flat=True))
    assert fuel_demand_mwh == pytest.approx(1000 * total(placed, "Fuel_Demand"))
    assert fuel_demand_mwh / 1000 == pytest.approx(873_853, abs=0.5)
    assert Organization.objects.filter(users=None).count() == Organization.objects.count()

    again = hotmaps.import_file(FILE)

    assert not again.changed
    # One longitude, copied down a column of Spanish sites.
    assert len(report.reading.doubtful) == 16
    assert all("longitude 43.3194" in doubt.reason for doubt in report.reading.doubtful)


def test_the_official_lists_of_codes_are_read_as_they_are(settings, tmp_path, facilitator, capsys):
    settings.IMPORTS_DIR = tmp_path
    files = {"waste-codes": "ewc_list_of_waste_uk_defra.csv", "sectors": "nace_rev2.csv"}
    for outcome in ("new", "unchanged"):
        counts = {}
        for resource, name in files.items():
            call_command(
                "import_data", CODES / name, resource=resource, user=facilitator.email, json=True
            )
            counts[resource] = json.loads(capsys.readouterr().out)["counts"]
        nothing = {"new": 0, "changed": 0, "unchanged": 0, "invalid": 0}
        assert counts == {
            "waste-codes": nothing | {outcome: 842},
            "sectors": nothing | {outcome: 996},
        }
    assert WasteCode.objects.filter(hazardous=True).count() == 408
    assert Sector.objects.get(code="35.11").description == "Production of electricity"
