"""Addresses of organizations that were merged lead to the one that stayed."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect

from organizations.services import successor_of
from turash.api.problem_details import is_api


class MergedMiddleware:
    """
    Sends who asks for an organization that is gone to the one into which it was merged.

    Of reads only, on pages and in the API, whatever it was asked for of the organization: clients
    follow that, and can remember it (308). Nothing is written to another organization than named.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in ("GET", "HEAD"):
            return response
        gone = _organization_of(request)
        into = successor_of(gone) if gone else None
        if into is None:
            return response
        address = request.get_full_path().replace(str(gone), str(into.pk), 1)
        return HttpResponsePermanentRedirect(address, preserve_request=True)


def _organization_of(request: HttpRequest) -> UUID | None:
    """Return the id of the organization in the path, if it names one as pages and API do."""
    match = request.resolver_match
    if match is None:
        return None
    key = match.kwargs.get("organization_id")
    if key is None and is_api(request) and match.url_name == "organization-detail":
        key = match.kwargs.get("pk")
    try:
        return UUID(str(key))
    except ValueError:
        return None
