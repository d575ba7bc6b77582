"""Requests at random, by the schema, against a running server: `make fuzz`."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import django

# A crash, an answer that the schema does not know, one of another type or shape than it says.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance",
)  # fmt: skip
DATABASE = "turash_fuzz"
# What members of bodies mostly hold: names in the fixed world, and codes.
BODIES = {
    "organization_id": "alice", "site_id": "power", "from_org_id": "alice",
    "to_org_id": "charlie", "resource_id": "need", "match_id": "match", "scenario_of_id": "plan",
}  # fmt: skip
CODES = {"resource_type": "heat.hot_water", "from_type": "organic.manure", "to_type": "gas.biogas"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("examples", type=int, nargs="?", default=75, help="of each operation")
    parser.add_argument("--program", default=shutil.which("schemathesis", path=_path()))
    parser.add_argument("--seed", default="1")
    parser.add_argument("more", nargs="*", help="options of schemathesis")
    arguments = parser.parse_args()
    from django.conf import settings

    from tests.bench import sockets
    from tests.processes import web

    sockets.DATABASE = DATABASE
    settings.API_RATES = dict.fromkeys(settings.API_RATES, "1000000/1000000")
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    with sockets.scratch_database():
        token, known = stage()
        with web() as url:
            return subprocess.run(
                [arguments.program, *command(url, token, arguments.examples, arguments.seed),
                 *arguments.more],
                check=False,
                env=os.environ | environment(known),
            ).returncode  # fmt: skip


def command(url: str, token: str, examples: int, seed: str) -> list[str]:
    """Return the options of schemathesis."""
    return [
        "run", f"{url}/api/v1/schema", "--header", f"Authorization: Token {token}",
        "--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", seed,
        "--continue-on-failure", "--request-timeout", "30",
    ]  # fmt: skip


def environment(known: dict[str, Any]) -> dict[str, str]:
    """Return what lets schemathesis ask about objects that exist."""
    return {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "FUZZ_KNOWN": json.dumps(known)}


def stage() -> tuple[str, dict[str, Any]]:
    """Make the fixed world; return a token of Alice's, and what exists there."""
    from tests.api.world import World, steps
    from tests.conftest import work_off
    from turash.callers.services import make_token

    world = World(work_off)
    paths: dict[str, list[str]] = {}
    for step in steps():
        # Nothing is taken away again, and nobody looks at what is not needed further on.
        is_needed = step.method != "GET" or step.keep
        if is_needed and step.method != "DELETE" and step.operation != "matches_dismiss_create":
            world.perform(step)
        names = re.findall(r"\{(\w+)\}|/(\d+)(?=/)", step.path.partition("?")[0])
        paths[step.operation] = [world.known.get(name, number) for name, number in names]
    bodies = {name: world.known[known] for name, known in BODIES.items()} | CODES
    return make_token(world.users["Alice"])[1], {"paths": paths, "bodies": bodies}


def _path() -> str:
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.conftest import start_servers

    start_servers()
    sys.exit(main())
