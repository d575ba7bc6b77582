"""How browsers say who they are; see `turash.callers` for others."""

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages; a missing one is 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return 'Session realm="api"'
