"""A short storm; `make soak` is the long one."""

import os
import subprocess
import sys

import pytest

ROUNDS = 2


@pytest.mark.parametrize("publisher", ["queue", "streams"])
def test_whatever_is_killed_every_event_is_handled_once(publisher):
    options = ["--publisher", publisher, "--rounds", str(ROUNDS), "--events", "0"]
    storm = subprocess.run(
        [sys.executable, "-m", "tests.soak.storm", *options],
        env={key: value for key, value in os.environ.items() if not key.endswith("_URL")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    # It says what went wrong, and the seed that it began with.
    assert storm.returncode == 0, storm.stdout
