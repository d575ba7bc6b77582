"""Examples of the documentation: what is sent, by whom, and what has to come back."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rest_framework.test import APIClient

_EXAMPLE = re.compile(
    r"^```\n(?P<who>\w+): (?P<method>[A-Z]+) (?P<path>/\S*)\n(?P<body>.*?)\n"
    r"(?P<status>\d{3})\n(?P<answer>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_NAME = re.compile(r"\{(\w+)\}")
ANY = "…"


@dataclass(frozen=True)
class Example:
    """A request and its answer; `line` is where it stands."""

    line: int
    who: str
    method: str
    path: str
    body: str
    status: int
    answer: Any


def examples(path: Path) -> Iterator[Example]:
    """Yield the examples of a page in their order."""
    text = path.read_text(encoding="utf-8")
    for found in _EXAMPLE.finditer(text):
        yield Example(
            text[: found.start()].count("\n") + 1,
            found["who"],
            found["method"],
            found["path"],
            found["body"].strip(),
            int(found["status"]),
            json.loads(found["answer"]),
        )


def execute(example: Example, client_of: Callable[[str], APIClient], known: dict[str, str]) -> None:
    """Send what the example sends, and compare; ids that are new in the answer become known."""

    def filled(text: str) -> str:
        return _NAME.sub(lambda name: known.get(name[1], name[0]), text)

    client = client_of(example.who)
    send = getattr(client, example.method.lower())
    body = json.loads(filled(example.body)) if example.body else None
    url = f"/api/v1{filled(example.path)}"
    answer = send(url) if body is None else send(url, body)
    where = f"line {example.line}: {example.method} {example.path}"
    assert answer.status_code == example.status, (where, answer.content.decode())
    _compare(example.answer, answer.json(), known, where)


def _compare(said: Any, got: Any, known: dict[str, str], where: str) -> None:
    if said == ANY:
        assert got is not None, where
        return
    if isinstance(said, str) and (name := _NAME.fullmatch(said)):
        assert known.setdefault(name[1], got) == got, where
        return
    if isinstance(said, dict):
        assert isinstance(got, dict), (where, got)
        named = said.keys() - {ANY}
        assert named <= got.keys() if ANY in said else named == got.keys(), (where, got.keys())
        for key in named:
            _compare(said[key], got[key], known, f"{where}, {key}")
        return
    if isinstance(said, list):
        assert isinstance(got, list), (where, got)
        assert len(said) == len(got), (where, got)
        for number, (one, other) in enumerate(zip(said, got, strict=True)):
            _compare(one, other, known, f"{where}[{number}]")
        return
    assert said == got, (where, got)
