"""What `manage.py import_hotmaps` tells at the terminal."""

import pytest
from django.core.management import CommandError, call_command

from organizations.models import Site
from tests.imports.conftest import HEADER, line_of

pytestmark = pytest.mark.django_db


def test_counts_and_lists_problems(edition, capsys, tmp_path):
    bad = [line_of(SiteID=str(number), Fuel_Demand="?") for number in range(2, 32)]
    path = edition(line_of(SiteID="1"), *bad, line_of(SiteID="99", geom=""))
    problems = tmp_path / "problems.txt"

    call_command("import_hotmaps", path, errors=problems)

    out, err = capsys.readouterr()
    assert "32 rows: 1 read (0 of them doubtful), 1 without a point skipped, 30 bad skipped" in out
    assert "flows: 2 created, 0 updated, 0 unchanged" in out
    assert "line 3: bad: Fuel_Demand: '?' is not a number such as 12.5." in err
    assert err.count("bad:") == 20
    assert "… and 10 more." in err
    lines = problems.read_text().splitlines()
    assert len(lines) == 31
    assert lines[-1] == "line 33: no point: geom: the site has no point."


def test_a_dry_run_says_so(edition, capsys):
    call_command("import_hotmaps", edition(line_of(SiteID="1")), dry_run=True)

    assert "dry run, nothing was changed" in capsys.readouterr().out
    assert not Site.objects.exists()


def test_reads_a_file_with_a_byte_order_mark(edition):
    call_command("import_hotmaps", edition(line_of(SiteID="1"), encoding="utf-8-sig"))

    assert Site.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "must name the columns"),
        (b"name,place\nx,y\n", "missing: SiteID, CompanyName"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not a CSV file in UTF-8"),
        ((";".join(HEADER) + "\n").encode(), "no rows below its header"),
        (";".join(HEADER).replace(";geom", "").encode(), "missing: geom"),
    ],
)
def test_refuses_another_file(tmp_path, content, reason):
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=reason):
        call_command("import_hotmaps", path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CommandError, match=r"Cannot read .*nowhere\.csv: No such file"):
        call_command("import_hotmaps", tmp_path / "nowhere.csv")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(CommandError, match="Is a directory"):
        call_command("import_hotmaps", tmp_path)


def test_a_line_in_another_encoding_is_told(edition, capsys):
    path = edition(line_of(SiteID="1"), line_of(SiteID="2"))
    path.write_bytes(path.read_bytes() + line_of(SiteID="3", City="Köln").encode("latin-1"))

    call_command("import_hotmaps", path)

    assert "line 4: bad: The line is not UTF-8 text." in capsys.readouterr().err
