"""The page's side of the websocket: when it comes back, and from where."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

STAGE = Path(__file__).with_name("live_js.mjs")
LIVE = settings.BASE_DIR / "turash" / "static" / "js" / "live.js"
FIRST = "ws://here/ws/updates?after=7"
AGAIN = "ws://here/ws/updates?after=9"


@pytest.mark.parametrize(
    ("scenario", "sockets"),
    [
        ("heartbeats", [(FIRST, False)]),
        ("silence", [(FIRST, True), (AGAIN, False)]),
        ("sleep", [(FIRST, True), (AGAIN, False)]),
        ("online", [(FIRST, False), (FIRST, False)]),
        ("restart", [(FIRST, False), (FIRST, False)]),
        ("signed_out", [(FIRST, False)]),
    ],
)
def test_a_page_comes_back_when_it_should(scenario, sockets):
    node = Path(sys.executable).with_name("node")
    told = subprocess.run(
        [node, STAGE, LIVE, scenario], capture_output=True, text=True, check=True, timeout=30
    )
    assert [(socket["url"], socket["isClosed"]) for socket in json.loads(told.stdout)] == sockets
