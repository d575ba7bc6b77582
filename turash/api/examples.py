"""
Examples of the schema: what each operation is sent and answers in one fixed world.

They are recorded by `tests/api/test_examples.py`, which fails when they are not true any more.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from turash.api.problem_details import CODES, CONTENT_TYPE, TITLES, problem

PATH = Path(__file__).with_name("examples.json")
NAME = "kalundborg"
METHODS = {"get", "post", "patch", "delete", "put"}


@cache
def _recorded() -> dict[str, Any]:
    return json.loads(PATH.read_text(encoding="utf-8"))


def add_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the examples to a schema; what views give of their own stays."""
    recorded = _recorded()
    for operation in operations(result):
        example = recorded.get(operation["operationId"], {})
        _add(operation.get("requestBody", {}), example.get("request", {}))
        for status, response in operation["responses"].items():
            _add(response, example.get("responses", {}).get(status, {}))
            told = response.get("content", {}).get(CONTENT_TYPE)
            if told is not None:
                told["examples"] = {
                    CODES[int(status)]: {"$ref": f"#/components/examples/problem_{status}"}
                }
    result.setdefault("components", {})["examples"] = {
        f"problem_{status}": {"value": _problem(status)} for status in sorted(TITLES)
    }
    return result


def operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the operations of a schema."""
    for path in schema["paths"].values():
        yield from (path[method] for method in path if method in METHODS)


def _add(body: dict[str, Any], examples: dict[str, Any]) -> None:
    for kind, content in body.get("content", {}).items():
        if kind in examples:
            content.setdefault("examples", {})[NAME] = {"value": examples[kind]}


def _problem(status: int) -> dict[str, Any]:
    if status != 400:
        return problem(status)
    text = "This field is required."
    return problem(400, detail=f"name: {text}", errors={"name": [text]})
