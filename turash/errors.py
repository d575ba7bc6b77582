"""What goes wrong in the domain, told in words for the person who caused it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any


class DomainError(Exception):
    """A rule of the domain forbids the request (HTTP 409)."""

    code = "conflict"
    # What a program can read from the problem, next to its text (RFC 9457, extension members).
    members: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class TooManyRequests(DomainError):
    """The same was asked for too often (HTTP 429); it can be asked for again in a while."""

    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class InvalidInput(Exception):
    """Fields of the input are wrong (HTTP 400); `errors` maps a field path to its messages."""

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{field}: {', '.join(e)}" for field, e in errors.items()))
        self.errors = {field: [str(message) for message in e] for field, e in errors.items()}


class TryLater(Exception):
    """The request is fine, but not now (HTTP 503)."""

    code = "try_later"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after_s = retry_after_s
