"""What all endpoints of the map share."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView


class OneFormat(BaseContentNegotiation):
    """An address answers what it answers, whatever a client would rather have."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]


class MapView(APIView):
    """
    Read by map programs, by session, token or anonymously.

    Not part of the OpenAPI document of `/api/v1`.
    """

    schema = None
    content_negotiation_class = OneFormat
    renderer_classes = [JSONRenderer]
    http_method_names = ["get", "head", "options"]
