"""A plain Go program (folder `go`): workers over a grid of cells, between two binary COPYs."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tests.bench.peers import extract, lists
from tests.bench.peers.lists import Timings

PEER = "go"
SOURCE = Path(__file__).parent / "go"
# PostgreSQL takes what arrives as it is; larger pieces only wait longer.
PIECE = 1 << 18


def is_available() -> bool:
    """Whether the Go compiler is there (Debian: `apt-get install golang`)."""
    return shutil.which("go") is not None


def build() -> Path:
    """Compile the program; quick when nothing has changed, and safe when others do so, too."""
    local = settings.BASE_DIR / ".local"
    program = local / "bench" / "peer"
    mine = program.with_suffix(f".{os.getpid()}")
    environment = os.environ | {
        "GOCACHE": str(local / "bench" / "go-cache"),
        "GOFLAGS": "-mod=mod -buildvcs=false",
        # Counting bits is one instruction on every processor since 2009.
        "GOAMD64": "v2",
    }
    subprocess.run(["go", "build", "-o", mine, "."], cwd=SOURCE, env=environment, check=True)
    mine.replace(program)
    return program


def run() -> Timings:
    """Feed the program, and store what it writes."""
    program = build()
    started = time.perf_counter()
    with (
        connection.cursor() as cursor,
        subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process,
    ):
        _feed(cursor, process.stdin)
        lists.create(cursor, PEER)
        with cursor.cursor.copy(lists.copy_in(PEER)) as copy:
            while piece := process.stdout.read(PIECE):
                copy.write(piece)
        said = process.stderr.read()
        if process.wait():
            raise RuntimeError(f"The Go program failed: {said.decode()}")
        lists.finish(cursor, PEER)
    total_s = time.perf_counter() - started
    report = json.loads(said)
    store_s = total_s - report["load_s"] - report["compute_s"]
    return Timings(
        report["load_s"],
        report["compute_s"],
        store_s,
        total_s,
        report["flows"],
        report["pairs_near"],
    )


def _feed(cursor: Any, pipe: Any) -> None:
    with pipe:
        for statement in (
            extract.TYPES,
            extract.SERVINGS,
            extract.FLOWS,
            extract.CONTAMINANTS,
        ):
            with cursor.cursor.copy(f"COPY ({statement}) TO STDOUT BINARY") as copy:
                for row in copy:
                    pipe.write(row)
