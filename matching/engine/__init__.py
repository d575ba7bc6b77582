"""The compiled matching engine: arrays in, best partners out; it knows no Django."""

from hashlib import sha256
from pathlib import Path

import numba

# numba compiles a kernel again when its own file has changed, but not when a file has whose
# functions it calls: with a cache for each state of the engine no kernel is older than the rules.
_HERE = Path(__file__).parent
_STATE = sha256(b"".join(path.read_bytes() for path in sorted(_HERE.glob("*.py")))).hexdigest()[:16]
_CACHES = numba.config.CACHE_DIR or _HERE / "__pycache__"  # type: ignore[attr-defined]
numba.config.CACHE_DIR = str(Path(_CACHES) / _STATE)  # type: ignore[attr-defined]

from matching.engine import (  # noqa: E402  # after the cache is set
    best,
    chains,
    copying,
    exchange,
    inversion,
    near_misses,
    together,
)


def warm_up() -> None:
    """Compile every kernel, or load it from the cache: at set-up and when a worker starts."""
    best.warm_up()
    inversion.warm_up()
    copying.warm_up()
    chains.warm_up()
    exchange.warm_up()
    near_misses.warm_up()
    together.warm_up()
