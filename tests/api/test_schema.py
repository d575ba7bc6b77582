"""The schema is complete, valid and the one that is checked in."""

import io
import re

import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_the_checked_in_schema_is_the_present_one():
    made = io.StringIO()
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=made)
    kept = (settings.BASE_DIR / "docs/openapi.yaml").read_text()
    assert yaml.load(made.getvalue(), yaml.CSafeLoader) == yaml.load(kept, yaml.CSafeLoader), (
        "Run: python manage.py spectacular --file docs/openapi.yaml"
    )


def test_schema_and_its_page_are_served(client):
    assert client.get("/api/v1/schema").status_code == 200
    page = client.get("/api/v1/docs")
    script = client.get("/api/v1/docs?script=")
    assert (page.status_code, script.status_code) == (200, 200)
    # Nothing from elsewhere, and no script in the page: it works without internet and under the
    # policy of all pages, but for the styles that it sets.
    assert not re.search(r"https?:|//\w", page.content.decode() + script.content.decode())
    assert "<script>" not in page.content.decode()
    policy = dict(part.split(" ", 1) for part in page["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == policy["default-src"] == "'self'"
    for found in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.content.decode()):
        assert finders.find(found.removeprefix("/static/")), found
