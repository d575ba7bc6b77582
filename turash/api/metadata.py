"""What OPTIONS answers."""

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request


class MethodsOnly(BaseMetadata):
    """Nothing but the methods in `Allow`; the schema describes the API."""

    def determine_metadata(self, request: Request, view: Any) -> None:
        # Other formats have nothing to make of nothing.
        request.accepted_renderer = JSONRenderer()
        request.accepted_media_type = JSONRenderer.media_type
