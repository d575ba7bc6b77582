"""Lists are plain JSON arrays; the rest of the story is in headers."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

LARGEST_OFFSET = 10_000_000


class HeaderPagination(LimitOffsetPagination):
    """`limit` (50, at most 200) and `offset`; answers `X-Total-Count` and RFC 8288 `Link`."""

    default_limit = 50
    max_limit = 200

    def get_limit(self, request: Request) -> int:
        return number_of(request, "limit", self.default_limit, lowest=1, highest=self.max_limit)

    def get_offset(self, request: Request) -> int:
        return number_of(request, "offset", 0, lowest=0, highest=LARGEST_OFFSET)

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        links = {
            "first": self._link_to(0),
            "prev": self.get_previous_link(),
            "next": self.get_next_link(),
        }
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
        return Response(data, headers={"X-Total-Count": str(self.count), "Link": header})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return schema

    def _link_to(self, offset: int) -> str:
        url = self.request.build_absolute_uri()
        return replace_query_param(replace_query_param(url, "limit", self.limit), "offset", offset)


def number_of(request: Request, name: str, default: int, *, lowest: int, highest: int) -> int:
    """
    Return a query parameter that is a whole number, or the default where it is missing.

    :raises ValidationError: it is no number, or out of its limits.
    """
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and lowest <= int(text[:19]) <= highest):
        raise ValidationError(
            {
                name: _("Give a whole number between %(lowest)d and %(highest)d.")
                % {"lowest": lowest, "highest": highest}
            }
        )
    return int(text)
