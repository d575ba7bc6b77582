"""What requests at random are about: mostly objects that exist, or all of them would end at 404."""

import json
import os
import re
import zlib
from typing import Any

import schemathesis

# Operation → ids in its path, and member of a body → value.
KNOWN = json.loads(os.environ["FUZZ_KNOWN"])


def _is_chosen(value: Any, *, of: int) -> bool:
    """Whether to put what is known here: of all values but one in so many, always the same."""
    return zlib.crc32(repr(value).encode()) % of != 0


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: Any) -> Any:
    ids = KNOWN["paths"].get(context.operation.definition.raw.get("operationId"), [])
    if not isinstance(path_parameters, dict) or not _is_chosen(path_parameters, of=4):
        return path_parameters
    names = re.findall(r"\{(\w+)\}", context.operation.path)
    return path_parameters | dict(zip(names, ids, strict=False))


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    return _with_known(body) if _is_chosen(body, of=3) else body


def _with_known(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {
        name: KNOWN["bodies"].get(name, value) if isinstance(value, str) else _with_known(value)
        for name, value in body.items()
    }
