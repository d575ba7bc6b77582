"""What OPTIONS answers."""

from typing import Any

from rest_framework.metadata import BaseMetadata
from rest_framework.request import Request


class MethodsOnly(BaseMetadata):
    """Nothing but the methods in `Allow`; the schema describes the API."""

    def determine_metadata(self, request: Request, view: Any) -> None:
        return None
