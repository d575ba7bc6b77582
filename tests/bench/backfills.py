"""
Whether proposals from before there were terms come through the migrations.

Not among the tests: an empty database is brought to that time and on, which takes half a minute.
By hand: `python -m tests.bench.backfills`.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from django.contrib.gis.geos import Point  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.utils import timezone  # noqa: E402

NAME = "turash_backfills"
BEFORE = [("proposals", "0004_terms"), ("matching", "0010_stage_floats")]


def main() -> None:
    """Check it in a database of its own."""
    own = connection.settings_dict["NAME"]
    _execute(f"DROP DATABASE IF EXISTS {NAME}", f"CREATE DATABASE {NAME}")
    try:
        _connect(NAME)
        for app, name in BEFORE:
            call_command("migrate", app, name, verbosity=0)
        keys = _fill(MigrationExecutor(connection).loader.project_state(BEFORE).apps)
        call_command("migrate", verbosity=0)
        _check(keys)
    finally:
        _connect(own)
        _execute(f"DROP DATABASE IF EXISTS {NAME}")
    print("Terms, confirmed versions and reserved quantities are as they should be.")


def _connect(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name


def _execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _fill(apps) -> dict[str, object]:
    """Two sides, a flow of 1,000 MWh, and a proposal in each status that matters."""
    organizations = [
        apps.get_model("organizations", "Organization").objects.create(name=name, slug=name)
        for name in ("alices", "charlies")
    ]
    place = Point(11.09, 55.68, srid=4326)
    site = apps.get_model("organizations", "Site").objects.create(
        organization=organizations[0], name="Boiler house", location=place
    )
    flows = [
        apps.get_model("organizations", "ResourceFlow").objects.create(
            site=site,
            organization=organizations[0],
            location=place,
            resource_type=apps.get_model("organizations", "ResourceType").objects.get(
                code="heat.hot_water"
            ),
            direction="output",
            name=status,
            amount=1000,
            unit="MWh",
            unit_factor=1.0,
            quantity_per_year=1000.0,
        )
        for status in ("pending", "negotiating", "live")
    ]
    now = timezone.now()
    for flow in flows:
        confirmed = {"sender_confirmed_at": now} if flow.name != "pending" else {}
        if flow.name == "live":
            confirmed["target_confirmed_at"] = now
        apps.get_model("proposals", "Proposal").objects.create(
            from_organization=organizations[1],
            to_organization=organizations[0],
            resource=flow,
            message="May we?",
            status=flow.name,
            # More than there is: nobody has seen to it at that time.
            quantity=1200 if flow.name == "live" else 300,
            price_per_unit=20,
            **confirmed,
        )
    return {flow.name: flow.pk for flow in flows}


def _check(keys: dict[str, object]) -> None:
    from organizations.models import ResourceFlow
    from proposals.models import Proposal

    reserved = {
        name: ResourceFlow.objects.get(pk=key).reserved_per_year for name, key in keys.items()
    }
    assert reserved == {"pending": 0, "negotiating": 0, "live": 1000}, reserved
    for proposal in Proposal.objects.all():
        [terms] = proposal.terms.all()
        assert (terms.version, terms.quantity, terms.price_per_unit) == (1, proposal.quantity, 20)
        assert terms.offered_at == proposal.created_at
        confirmed = (proposal.sender_confirmed_version, proposal.target_confirmed_version)
        expected = {"pending": (None, None), "negotiating": (1, None), "live": (1, 1)}
        assert confirmed == expected[proposal.status], proposal


if __name__ == "__main__":
    main()
