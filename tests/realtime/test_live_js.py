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


def _played(scenario: str) -> dict:
    node = Path(sys.executable).with_name("node")
    done = subprocess.run(
        [node, STAGE, LIVE, scenario], capture_output=True, text=True, check=True, timeout=30
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("scenario", "sockets"),
    [
        ("heartbeats", [(FIRST, False)]),
        ("silence", [(FIRST, True), (AGAIN, False)]),
        ("sleep", [(FIRST, True), (AGAIN, False)]),
        ("online", [(FIRST, False), (FIRST, False)]),
        ("restart", [(FIRST, False), (FIRST, False)]),
        ("signed_out", [(FIRST, False)]),
        ("laptop_asleep_with_the_page_in_sight", [(FIRST, True), (FIRST, False)]),
        ("put_off_timers_of_a_hidden_page", [(FIRST, False)]),
        ("out_of_the_cache", [(FIRST, True), (FIRST, False)]),
    ],
)
def test_a_page_comes_back_when_it_should(scenario, sockets):
    played = _played(scenario)["sockets"]
    assert [(socket["url"], socket["isClosed"]) for socket in played] == sockets


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        # What could not be fetched is fetched again; that something is gone is an answer.
        ("failed_fetch", ["again", "second turash:stale", "live"]),
        # Too long to be sure that all messages are kept.
        ("long_away", ["first turash:stale", "second turash:stale"]),
        ("offline", ["off"]),
    ],
)
def test_a_page_that_was_away_catches_up_and_says_what_it_knows(scenario, told):
    assert _played(scenario)["told"] == told
