"""What is done to every answer of the API after its view."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from turash.api.problem_details import is_api
from turash.api.versions import is_among, tag_of_content


class TagMiddleware:
    """
    Tags what a GET answers, and sends it only to who has not got it yet.

    Objects with versions of their own have tags already, and were not even rendered.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_read = request.method in ("GET", "HEAD") and is_api(request)
        if not is_read or response.streaming or response.status_code != 200:
            return response
        # A list is also how long it is altogether.
        total = response.get("X-Total-Count", "").encode()
        if "ETag" not in response:
            response["ETag"] = tag_of_content(response.content + total)
        if is_among(response["ETag"], request.headers.get("If-None-Match", "")):
            response.status_code = 304
            response.content = b""
            del response["Content-Type"]
        return response
