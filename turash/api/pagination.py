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
from rest_framework.utils.urls import remove_query_param, replace_query_param

from turash.api import cursors

LARGEST_OFFSET = 10_000
# Longer lists are estimated: to count a million takes longer than to show fifty of them.
MOST_COUNTED = 1000
# Rows that are passed over at once on the way to an offset.
STEP = 4000


class HeaderPagination(LimitOffsetPagination):
    """
    `limit` (50, at most 200); answers `X-Total-Count` and RFC 8288 `Link`.

    `rel="next"` and `rel="prev"` hold a `cursor`, the place where a page ends or begins: the next
    one is found there at once, and nothing is missed or shown twice when rows come and go. `offset`
    counts rows, up to `LARGEST_OFFSET`; who asks with it gets links with it.

    Beyond `MOST_COUNTED` the total is the planner's estimate; `X-Total-Count-Estimated` says so.
    Whether there is a next page is always known.
    """

    default_limit = 50
    max_limit = 200
    is_estimated = False
    # A cursor holds what the list is ordered by.
    has_cursors = True
    largest_offset = LARGEST_OFFSET

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.limit, self.offset = self.get_limit(request), self.get_offset(request)
        self.keys = None
        if self.has_cursors and isinstance(queryset, QuerySet):
            self.keys = cursors.keys_of(queryset)
        cursor = request.query_params.get("cursor")
        if cursor:
            page = self._page_at(cursor, queryset)
        else:
            # One more than is shown.
            rows, offset = self._stepped_to(queryset)
            page = list(rows[offset : offset + self.limit + 1])
            self._set_page(page, has_before=self.offset > 0)
        self.count = self.get_count(queryset)
        if self.is_estimated and not cursor and self.page:
            self.count = max(self.count, self.offset + len(page))
        return self.page

    def _stepped_to(self, queryset: Any) -> tuple[Any, int]:
        """
        Return rows near the offset, and how many of them are still before it.

        In steps an index leads there; a planner asked for everything at once sorts everything.
        """
        rows, offset = queryset, self.offset
        while self.keys and offset > STEP:
            at = rows.values_list(*(key.path for key in self.keys))[STEP - 1 : STEP]
            place = next(iter(at), None)
            if place is None:
                return queryset.none(), 0
            rows = cursors.page_at(queryset, self.keys, place, is_backward=False)
            offset -= STEP
        return rows, offset

    def _page_at(self, cursor: str, queryset: Any) -> list[Any]:
        if self.keys is None:
            raise ValidationError({"cursor": _("This list has no cursors: use offset.")})
        if self.request.query_params.get("offset"):
            raise ValidationError({"cursor": _("Give either a cursor or an offset.")})
        is_backward, values = cursors.read(cursor, self.keys)
        rows = cursors.page_at(queryset, self.keys, values, is_backward=is_backward)
        page = list(rows[: self.limit + 1])
        if not is_backward:
            return self._set_page(page, has_before=True)
        has_before = len(page) > self.limit
        self._set_page(page[: self.limit][::-1], has_before=has_before)
        self.has_more = True
        return self.page

    def _set_page(self, page: list[Any], *, has_before: bool) -> list[Any]:
        self.has_before, self.has_more = has_before, len(page) > self.limit
        self.page = page[: self.limit]
        return self.page

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
        if not self.has_more:
            return None
        beyond = self.offset + self.limit
        by_offset = self.keys is None or self.request.query_params.get("offset")
        if not self.page or (by_offset and beyond <= self.largest_offset):
            return self._link_to(offset=beyond) if beyond <= self.largest_offset else None
        if self.keys is None:
            return None
        return self._link_to(cursor=cursors.cursor_of(self.keys, self.page[-1]))

    def get_previous_link(self) -> str | None:
        if not self.has_before:
            return None
        if self.keys is None or not self.page or self.offset:
            return self._link_to(offset=max(0, self.offset - self.limit))
        cursor = cursors.cursor_of(self.keys, self.page[0], is_backward=True)
        return self._link_to(cursor=cursor)

    def get_limit(self, request: Request) -> int:
        return number_of(request, "limit", self.default_limit, lowest=1, highest=self.max_limit)

    def get_offset(self, request: Request) -> int:
        try:
            return number_of(request, "offset", 0, lowest=0, highest=self.largest_offset)
        except ValidationError as error:
            if not self.has_cursors:
                raise
            remedy = _("Further on follow the links of the pages: they hold a cursor.")
            raise ValidationError({"offset": [error.detail["offset"], remedy]}) from error  # type: ignore[index, call-overload]

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        links = {
            "first": self._link_to(),
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

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        own = super().get_schema_operation_parameters(view)
        if self.has_cursors:
            own.append(
                {
                    "name": "cursor",
                    "in": "query",
                    "required": False,
                    "description": "Where a page begins, from the links of another one.",
                    "schema": {
                        "type": "string",
                        "maxLength": cursors.LONGEST,
                        "pattern": "^[A-Za-z0-9_.:-]*$",
                    },
                }
            )
        return own

    def _link_to(self, **place: Any) -> str:
        url = self.request.build_absolute_uri()
        for name in ("offset", "cursor"):
            url = remove_query_param(url, name)
        for name, value in ({"limit": self.limit} | place).items():
            url = replace_query_param(url, name, value)
        return url


class OffsetPagination(HeaderPagination):
    """For lists that are ordered by what not everybody who sees them may know."""

    has_cursors = False
    largest_offset = 10_000_000


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
