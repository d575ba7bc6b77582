"""Which months and which region: the same query parameters on pages and in the API."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import django_filters
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _

from exchanges.csv_reading import month_of
from organizations.models import ResourceFlow
from turash.api.filters import PlaceFilterSet
from turash.errors import InvalidInput


class RegionFilter(PlaceFilterSet):
    """An exchange lies where its resource is: the flow that was proposed on."""

    country = django_filters.CharFilter(
        field_name="site__country",
        max_length=2,
        validators=[RegexValidator(r"^[A-Z]{2}$")],
        label="two-letter code of the country",
    )

    class Meta:
        model = ResourceFlow
        fields: list[str] = []


def flows_of(query: Mapping[str, Any], request: Any) -> Any:
    """
    Return the flows of the region that the query names; None, if it names none.

    :raises InvalidInput: a parameter makes no sense.
    """
    if not any(query.get(name) for name in ("country", "bbox", "near")):
        return None
    chosen = RegionFilter(query, queryset=ResourceFlow.objects.order_by(), request=request)
    if not chosen.is_valid():
        raise InvalidInput({name: list(texts) for name, texts in chosen.errors.items()})
    return chosen.qs


def months_of(query: Mapping[str, Any]) -> dict[str, date | None]:
    """
    Return `first` and `last`, the months that the query asks for; None: open.

    :raises InvalidInput: one is no month, or the last comes before the first.
    """
    months: dict[str, date | None] = {}
    for name in ("first", "last"):
        text = query.get(name) or ""
        months[name] = month_of(text)
        if text and months[name] is None:
            raise InvalidInput({name: [_("Give a month such as 2026-03.")]})
    first, last = months["first"], months["last"]
    if first and last and last < first:
        raise InvalidInput({"last": [_("The last month comes before the first.")]})
    return months
