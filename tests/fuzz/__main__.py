"""Requests at random, by the schema, against a running server: `make fuzz`."""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import django

# A crash, an answer that the schema does not know, one of another type or shape than it says.
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance",
)  # fmt: skip
DATABASE = "turash_fuzz"


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
    with sockets.scratch_database():
        token = stage()
        with web() as url:
            return subprocess.run(
                [
                    arguments.program, "run", f"{url}/api/v1/schema",
                    "--header", f"Authorization: Token {token}",
                    "--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing",
                    "--max-examples", str(arguments.examples), "--seed", arguments.seed,
                    "--continue-on-failure", "--request-timeout", "30", *arguments.more,
                ],
                check=False,
            ).returncode  # fmt: skip


def stage() -> str:
    """Make a small world, and return a token of who owns half of it."""
    from organizations.models import Membership
    from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory
    from turash.callers.services import make_token

    owner, other = (MembershipFactory(role=Membership.Role.OWNER) for _ in range(2))
    for member, direction in ((owner, "output"), (other, "input")):
        site = SiteFactory(organization=member.organization)
        ResourceFlowFactory.create_batch(5, site=site, direction=direction, type_code="heat")
    return make_token(owner.user)[1]


def _path() -> str:
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.conftest import pytest_configure

    pytest_configure()
    sys.exit(main())
