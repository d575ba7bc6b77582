"""How callers without a browser say who they are: `Authorization: Token …`."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from turash.callers import services
from turash.callers.models import Token

SCHEME = "Token"


def token_of(secret: str) -> Token:
    """
    Return the token with this secret, and note its use.

    :raises AuthenticationFailed: there is none, it has expired, or its user has been locked out.
    """
    digest = services.digest_of(secret)
    token = Token.objects.filter(digest=digest).select_related("user").first()
    if token is None:
        raise AuthenticationFailed(_("Invalid token."))
    if token.is_expired:
        raise AuthenticationFailed(_("The token has expired."))
    if not token.user.is_active:
        raise AuthenticationFailed(_("This user has been locked out."))
    services.note_use(token)
    return token


class TokenAuthentication(BaseAuthentication):
    """
    A token; one that may only read does not write.

    A view says with `is_read` that its POST is a question and changes nothing.
    """

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        scheme, *rest = get_authorization_header(request).split() or [b""]
        if scheme.lower() != SCHEME.lower().encode():
            return None
        if len(rest) != 1:
            raise AuthenticationFailed(_("Send “Authorization: Token …”, with one token."))
        token = token_of(rest[0].decode("latin-1"))
        view = request.parser_context.get("view")
        reads = request.method in SAFE_METHODS or getattr(view, "is_read", False)
        if token.scope != Token.Scope.WRITE and not reads:
            raise PermissionDenied(_("This token may only read."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME
