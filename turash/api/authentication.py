"""How API callers say who they are."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request


class TokenAuthentication(KnoxTokenAuthentication):
    """A token; one that is not even text is as wrong as any other."""

    def authenticate_credentials(self, token: bytes) -> Any:
        try:
            return super().authenticate_credentials(token)
        except UnicodeDecodeError as error:
            raise AuthenticationFailed(_("Invalid token.")) from error


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages; a missing one is 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="api"'
