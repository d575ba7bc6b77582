"""docs/api/quickstart.md comes out as it says: curl and Python, against a running server."""

import contextlib
import io
import re
import subprocess
from itertools import groupby

import pytest
from django.conf import settings

from tests.factories import MembershipFactory, OrganizationFactory, ResourceFlowFactory, SiteFactory
from tests.webhooks.conftest import erp, loopback  # noqa: F401
from turash.callers.services import make_token

PAGE = settings.BASE_DIR / "docs/api/quickstart.md"
_BLOCK = re.compile(r"^```(sh|python|)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What a block of the shell leaves to the next one: its variables and functions.
_SHELL = """
set -euo pipefail -a
[ ! -e state ] || . ./state
%s
{ export -p; declare -f; } > state
"""


class Shell:
    def __init__(self, folder) -> None:
        self.folder = folder

    def run(self, code: str) -> str:
        done = subprocess.run(
            ["bash", "-c", _SHELL % code],
            cwd=self.folder, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (code, done.stdout, done.stderr)
        return done.stdout


class Python:
    def __init__(self) -> None:
        self.names: dict = {}

    def run(self, code: str) -> str:
        with contextlib.redirect_stdout(io.StringIO()) as told:
            exec(code, self.names)
        return told.getvalue()


def steps() -> list[tuple[dict[str, str], str]]:
    """The steps of the page: the code by language, and what it prints."""
    found = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    parts = [list(group) for _, group in groupby(found, key=lambda block: block[0] == "")]
    assert len(found) == PAGE.read_text(encoding="utf-8").count("\n```") / 2
    return [
        (dict(code), told[0][1]) for code, told in zip(parts[::2], parts[1::2], strict=True)
    ]  # fmt: skip


def is_as_told(told: str, printed: str) -> bool:
    pattern = re.escape(told).replace("…", ".+")
    lines = "\n".join(line.rstrip() for line in printed.splitlines())
    return re.fullmatch(pattern, lines + "\n") is not None


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_quickstart_holds_in_both_languages(
    live_server, erp, tmp_path, run_events, charlies_organization, monkeypatch  # noqa: F811
):  # fmt: skip
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization, location="POINT(11.1 55.68)"),
        name="Heat for tomatoes",
        direction="input",
        type_code="heat",
        amount=500,
        temperature_celsius_min=70,
        current_cost_per_unit=60,
    )
    run_events()
    for language, runner in (("sh", Shell(tmp_path)), ("python", Python())):
        owner = MembershipFactory(organization=OrganizationFactory(name=f"{language} Works")).user
        _row, token = make_token(owner)
        for code, told in steps():
            ours = code[language]
            for said, meant in (
                ("http://localhost:8000", live_server.url),
                ("turash_…", token),
                ("https://erp.example.org/turash", erp.url),
            ):
                ours = ours.replace(said, meant)
            printed = runner.run(ours)
            assert is_as_told(told, printed), (ours, told, printed)
            # As the workers would, meanwhile.
            run_events()
    assert [one.message["type"] for one in erp.arrived] == ["webhook_test"] * 2
