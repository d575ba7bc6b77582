"""Who is at the other end of a websocket: a session's user, or the bearer of a token."""

from typing import Any
from urllib.parse import urlsplit

from channels.auth import AuthMiddlewareStack
from channels.db import database_sync_to_async
from channels.middleware import BaseMiddleware
from channels.security.websocket import WebsocketDenier
from django.contrib.auth.models import AnonymousUser
from rest_framework.exceptions import AuthenticationFailed

from turash.callers.authentication import token_of


class TokenMiddleware(BaseMiddleware):
    """Sets the user from an `Authorization: Token …` header, when there is one."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        header = dict(scope["headers"]).get(b"authorization", b"")
        scheme, _, token = header.partition(b" ")
        if scheme.lower() == b"token":
            scope = dict(scope, user=await self._user_of(token.strip()))
        return await super().__call__(scope, receive, send)

    @database_sync_to_async
    def _user_of(self, token: bytes) -> Any:
        try:
            return token_of(token.decode("latin-1")).user
        except AuthenticationFailed:
            return AnonymousUser()


class SameOriginMiddleware(BaseMiddleware):
    """
    Refuses a browser's page of another origin, which would come with the user's cookies.

    A client without an Origin header is no browser, and must bring a token to be anybody. Only
    host and port are compared: behind a proxy that ends TLS the scheme is not known here.
    """

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        if origin and urlsplit(origin).netloc != headers.get(b"host", b"").decode("latin-1"):
            return await WebsocketDenier()(scope, receive, send)
        return await super().__call__(scope, receive, send)


def authenticated(application: Any) -> Any:
    """Wrap a websocket application: same origin, then session or token."""
    return SameOriginMiddleware(AuthMiddlewareStack(TokenMiddleware(application)))
