"""The schema is complete, valid and the one that is checked in."""

import io

import pytest
import yaml
from django.conf import settings
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_the_checked_in_schema_is_the_present_one():
    made = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=made)
    kept = (settings.BASE_DIR / "docs/openapi.yaml").read_text()
    assert yaml.safe_load(made.getvalue()) == yaml.safe_load(kept), (
        "Run: python manage.py spectacular --file docs/openapi.yaml"
    )


def test_schema_and_its_page_are_served(client):
    assert client.get("/api/v1/schema").status_code == 200
    assert client.get("/api/v1/docs").status_code == 200
