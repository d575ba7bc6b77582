"""Lists are plain JSON arrays; the rest of the story is in headers."""

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

LARGEST_OFFSET = 10_000_000
# Longer lists are estimated: to count a million takes longer than to show fifty of them.
MOST_COUNTED = 1000


class HeaderPagination(LimitOffsetPagination):
    """
    `limit` (50, at most 200) and `offset`; answers `X-Total-Count` and RFC 8288 `Link`.

    Beyond `MOST_COUNTED` the total is the planner's estimate; `X-Total-Count-Estimated` says so.
    Whether there is a next page is always known.
    """

    default_limit = 50
    max_limit = 200
    is_estimated = False

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.limit, self.offset = self.get_limit(request), self.get_offset(request)
        self.count = self.get_count(queryset)
        if not self.is_estimated:
            self.has_more = self.offset + self.limit < self.count
            return list(queryset[self.offset : self.offset + self.limit])
        # One more than is shown.
        page = list(queryset[self.offset : self.offset + self.limit + 1])
        self.has_more = len(page) > self.limit
        self.count = max(self.count, self.offset + len(page))
        return page[: self.limit]

    def get_count(self, queryset: Any) -> int:
        if not isinstance(queryset, QuerySet):
            return len(queryset)
        count = queryset.order_by()[: MOST_COUNTED + 1].count()
        if count <= MOST_COUNTED:
            return count
        self.is_estimated = True
        # Of the keys alone: what is shown beside them takes the planner longest.
        lean = queryset.order_by().values_list("pk")
        (plan,) = json.loads(lean.explain(format="json"))
        return max(count, int(plan["Plan"]["Plan Rows"]))

    def get_next_link(self) -> str | None:
        return self._link_to(self.offset + self.limit) if self.has_more else None

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
        headers = {"X-Total-Count": str(self.count), "Link": header}
        if self.is_estimated:
            headers["X-Total-Count-Estimated"] = "true"
        return Response(data, headers=headers)

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
