"""Examples of the schema, recorded from the fixed world; ids and times as they do not change."""

import json
import re
from typing import Any

from tests.api.world import SHOWN, Step, World

NAME = "kalundborg"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d[\d.]*(Z|\+00:00)")
NOW = "2026-03-02T08:00:00Z"
# Made at random, counted on by the database, or of the day.
FIXED = {
    "token": "turash_0123456789abcdefghijklmnopqrstuvwxyz",
    "secret": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "webhook_id": "msg_0195a3b000007000800000000000000a",
    "read_up_to": 42,
}
TOKEN_ID = "turash_0123456789ab"
_TOKEN = re.compile(r"turash_\w{12}\b")


class Recorder:
    """Takes down what steps send and get, by operation."""

    def __init__(self) -> None:
        self.examples: dict[str, dict[str, Any]] = {}
        self._ids: dict[str, str] = {}

    def record(self, world: World, step: Step, answer: Any) -> None:
        """Note the first request of an operation and its first answer, of each type."""
        kept = self.examples.setdefault(step.operation, {"responses": {}})
        if step.body is not None and step.content_type not in kept.get("request", {}):
            body = self.plain(world.body_of(step))
            kept.setdefault("request", {})[step.content_type] = body
        told = kept["responses"].setdefault(str(answer.status_code), {})
        kind = answer.get("Content-Type", "").partition(";")[0]
        if kind in told or not kind.endswith(("json", "/csv")):
            return
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        if content:
            text = content.decode("utf-8-sig")
            told[kind] = self.plain(json.loads(text) if kind.endswith("json") else text)

    def plain(self, value: Any, name: str = "") -> Any:
        """Return a value that is the same whenever the world is made."""
        if isinstance(value, dict):
            return {key: self.plain(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [
                self.plain(inner, name) for inner in value[: SHOWN if _is_long(value) else None]
            ]
        if name in FIXED:
            return value if value is None else FIXED[name]
        if name == "id" and isinstance(value, int):
            return FIXED["read_up_to"]
        if isinstance(value, float):
            return float(f"{value:.6g}")
        return self._plain_text(value) if isinstance(value, str) else value

    def _plain_text(self, text: str) -> str:
        text = _TOKEN.sub(TOKEN_ID, _UUID.sub(lambda found: self._id_of(found[0]), text))
        return _TIME.sub(lambda found: found[0] if found[0] > "2090" else NOW, text)

    def _id_of(self, uuid: str) -> str:
        return self._ids.setdefault(uuid, f"0195a3b0-0000-7000-8000-{len(self._ids) + 1:012d}")


def _is_long(value: list[Any]) -> bool:
    """Whether it is a list of objects, of which some are enough."""
    return bool(value) and isinstance(value[0], dict)


def written(examples: dict[str, Any]) -> str:
    return json.dumps(examples, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
