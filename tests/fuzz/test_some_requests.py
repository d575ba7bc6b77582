"""A few requests at random of each operation, by the schema; `make fuzz` sends ten thousand."""

import importlib
import json

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from tests.fuzz.__main__ import CHECKS, stage

# The first one is always the plainest there is.
OF_EACH = 2


@pytest.mark.django_db
def test_no_crash_and_nothing_that_the_schema_does_not_know(settings, tmp_path, monkeypatch):
    settings.ATTACHMENTS_DIR = settings.IMPORTS_DIR = tmp_path
    # As Django's own client does: the transaction of the test outlives its requests.
    for signal in (request_started, request_finished):
        monkeypatch.setattr(signal, "send", lambda **_: [])
    token, known = stage()
    monkeypatch.setenv("FUZZ_KNOWN", json.dumps(known))
    importlib.import_module("tests.fuzz.hooks")
    # As it is served, which another test compares.
    text = (settings.BASE_DIR / "docs/openapi.yaml").read_text()
    schema = schemathesis.openapi.from_dict(yaml.load(text, yaml.CSafeLoader))
    schema.app = get_wsgi_application()
    wanted = [getattr(openapi_checks, name, None) or getattr(checks, name) for name in CHECKS]
    headers = {"Authorization": f"Token {token}", "Accept-Encoding": "identity"}
    told: set[int] = set()

    def ask(operation) -> None:
        @seed(1)
        @given(case=operation.as_strategy())
        @hypothesis_settings(
            max_examples=OF_EACH, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def send(case) -> None:
            response = case.call(headers=headers)
            told.add(response.status_code)
            case.validate_response(response, checks=wanted)

        send()

    for operation in schema.get_all_operations():
        ask(operation.ok())
    # It has got somewhere: things are told, and refused.
    assert {200, 400} <= told
