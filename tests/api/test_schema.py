"""The schema is complete, valid and the one that is checked in."""

import io
import json
import re
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from drf_spectacular import validation

RULES = json.loads(Path(validation.__file__).with_name("openapi_3_1_schema.json").read_text())

pytestmark = pytest.mark.django_db


def test_the_checked_in_schema_is_the_present_one():
    made = io.StringIO()
    call_command("spectacular", format="openapi-json", fail_on_warn=True, stdout=made)
    present = json.loads(made.getvalue())
    # As `--validate` does, which takes seconds for it.
    jsonschema_rs.validate(RULES, present)
    kept = (settings.BASE_DIR / "docs/openapi.yaml").read_text()
    assert present == yaml.load(kept, yaml.CSafeLoader), (
        "Run: python manage.py spectacular --file docs/openapi.yaml"
    )
    del present["info"]["version"]
    present["paths"]["/api/v1/tokens"]["get"]["parameters"][0]["in"] = "nowhere"
    assert len(list(jsonschema_rs.iter_errors(RULES, present))) == 2


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
        # Where files were collected, a hash of the content is part of the name.
        name = re.sub(r"\.[0-9a-f]{12}(?=\.)", "", found.removeprefix("/static/"))
        assert finders.find(name), found
