"""Every operation has examples in the schema; they are true, and are as the schema says."""

import json
import os

import pytest
import yaml
from django.conf import settings
from jsonschema import Draft202012Validator

from tests.api.recording import Recorder, written
from tests.api.world import World, steps
from turash.api.examples import PATH, operations
from turash.callers.models import KeptAnswer

RECORDS = "RECORD_EXAMPLES" in os.environ
SCHEMA = yaml.load((settings.BASE_DIR / "docs/openapi.yaml").read_text(), yaml.CSafeLoader)
QUESTIONS = {"matching_query_create"}


@pytest.mark.django_db
def test_what_every_operation_answers_in_a_fixed_world(run_events, settings, tmp_path):
    """
    Each write is sent with a stale `If-Match` first, which nothing may survive.
    """
    settings.ATTACHMENTS_DIR = settings.IMPORTS_DIR = tmp_path
    world, recorder = World(run_events), Recorder()
    for step in steps():
        is_write = step.method != "GET" and step.operation not in QUESTIONS
        if is_write:
            stale = world.send(step, **{"If-Match": '"0123"'})
            assert stale.status_code == 412, (step, stale.content)
            assert stale.json()["type"] == "urn:turash:problem:stale"
        answer = world.perform(step)
        recorder.record(world, step, answer)
        if step.method == "GET":
            again = world.send(step, **{"If-None-Match": answer.get("ETag", '"none"')})
            assert ("ETag" in answer) == (again.status_code == 304) or step.today, step
    if RECORDS:
        PATH.write_text(written(recorder.examples), encoding="utf-8")
    assert recorder.examples == json.loads(PATH.read_text()), (
        "Run: RECORD_EXAMPLES=1 pytest tests/api/test_examples.py, then write docs/openapi.yaml"
    )
    assert not KeptAnswer.objects.exists()


def test_every_operation_of_the_schema_has_examples_that_fit_it():
    for operation in operations(SCHEMA):
        name = operation["operationId"]
        bodies = {"request": operation.get("requestBody", {})} | operation["responses"]
        assert any(status.startswith("2") for status in operation["responses"]), name
        for what, body in bodies.items():
            for kind, content in body.get("content", {}).items():
                if content["schema"].get("format") == "binary":
                    # Files that nobody reads as text.
                    continue
                assert content.get("examples"), f"{name}: no example of {what} as {kind}"
                for example in content["examples"].values():
                    _assert_fits(example, content["schema"], f"{name}, {what}, {kind}")


def _assert_fits(example: dict, schema: dict, where: str) -> None:
    if "$ref" in example:
        example = SCHEMA["components"]["examples"][example["$ref"].rpartition("/")[2]]
    validator = Draft202012Validator(schema | {"components": SCHEMA["components"]})
    errors = [f"{error.json_path}: {error.message[:200]}"
              for error in validator.iter_errors(example["value"])]  # fmt: skip
    assert not errors, (where, errors)
