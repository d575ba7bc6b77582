"""Who acts on which event."""

from collections.abc import Callable
from typing import TypeVar

from turash.events.catalogue import Event

Handler = Callable[[Event], None]
_H = TypeVar("_H", bound=Callable[..., None])

_handlers: dict[str, dict[str, Handler]] = {}


def handles(*event_types: type[Event]) -> Callable[[_H], _H]:
    """
    Register a function as a handler of events.

    A handler runs in a worker, in a transaction of its own that also marks the delivery as done,
    so what it writes to the database takes effect exactly once.
    """

    def register(handler: _H) -> _H:
        for event_type in event_types:
            _handlers.setdefault(event_type.type, {})[name_of(handler)] = handler
        return handler

    return register


def name_of(handler: Callable[..., None]) -> str:
    """Return the name under which deliveries refer to the handler."""
    return f"{handler.__module__}.{handler.__qualname__}"


def handlers_of(event_type: str) -> dict[str, Handler]:
    """Return the handlers of an event type by name."""
    return _handlers.get(event_type, {})
