"""What is done to every answer of the API after its view."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware

from turash.api.problem_details import is_api
from turash.api.versions import is_among, tag_of_answer


class CompressMiddleware(GZipMiddleware):
    """
    Compresses what a GET answers, and nothing else of Turash.

    Pages hold tokens against forged requests beside texts of others, from which the length of what
    is compressed would tell them (BREACH). Answers to a GET hold no secrets; new tokens are made by
    a POST. Django adds bytes at random to the length.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.method != "GET" or not is_api(request):
            return response
        return super().process_response(request, response)


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
        if "ETag" not in response:
            response["ETag"] = tag_of_answer(response.content, response)
        if is_among(response["ETag"], request.headers.get("If-None-Match", "")):
            response.status_code = 304
            response.content = b""
            del response["Content-Type"]
        return response
