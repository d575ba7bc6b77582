"""The compiled matching engine: arrays in, best partners out; it knows no Django."""

from matching.engine.best import warm_up

__all__ = ["warm_up"]
