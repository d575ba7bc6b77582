"""
Who causes a change: told to the database with the statement itself.

Triggers write the history, and they see the text of the statement that fires them. A comment in
front of it says who has caused it and by which way. It costs no query, needs no state of the
connection, and is gone with the statement. Text that users send cannot stand in front of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse

Cause = Callable[[], tuple[UUID | None, str]]

_WRITES = ("INSERT", "UPDATE", "DELETE", "WITH")
_cause: ContextVar[Cause | None] = ContextVar("history_cause", default=None)


@contextmanager
def caused_by(actor_id: UUID | None, via: str) -> Iterator[None]:
    """What is changed inside is changed by this user, by this way (lower-case letters)."""
    with _causing(lambda: (actor_id, via)):
        yield


@contextmanager
def _causing(cause: Cause) -> Iterator[None]:
    token = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)


class HistoryMiddleware:
    """What a request changes is changed by its user, who is known when something is written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            via = "api"
        else:
            via = "admin" if request.path.startswith("/admin/") else "page"
        # A token tells the user only later, to the view of the API.
        with _causing(lambda: (getattr(request.user, "pk", None), via)):
            return self.get_response(request)


def sign_statements(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Have every statement of a connection say who causes it (a receiver)."""
    if _sign not in connection.execute_wrappers:
        connection.execute_wrappers.append(_sign)


def _sign(execute: Callable, sql: Any, params: Any, many: bool, context: dict) -> Any:  # noqa: FBT001
    cause = _cause.get()
    if cause is not None and isinstance(sql, str) and sql.lstrip()[:6].upper().startswith(_WRITES):
        # Who asks is found out by reading: that is no change, and asks nobody.
        with _silence():
            actor_id, via = cause()
        if actor_id is not None:
            sql = f"/*turash actor={actor_id} via={via}*/ {sql}"
    return execute(sql, params, many, context)


@contextmanager
def _silence() -> Iterator[None]:
    token = _cause.set(None)
    try:
        yield
    finally:
        _cause.reset(token)
