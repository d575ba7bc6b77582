"""The compiled matching engine: arrays in, best partners out; it knows no Django."""

from matching.engine import best, chains, near_misses, together


def warm_up() -> None:
    """Compile every kernel, or load it from the cache: at set-up and when a worker starts."""
    best.warm_up()
    chains.warm_up()
    near_misses.warm_up()
    together.warm_up()
