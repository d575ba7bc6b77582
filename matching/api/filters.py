"""Query parameters of matches and their clusters."""

import django_filters
from django.db.models import Q, QuerySet

from matching.models import Match, MatchCluster
from turash.api.filters import PlaceFilterSet


class MatchFilter(django_filters.FilterSet):
    min_score = django_filters.NumberFilter(
        field_name="score", lookup_expr="gte", min_value=0, max_value=1
    )
    resource_type = django_filters.CharFilter(
        method="of_type", max_length=60, label="code of a type; its descendants count, too"
    )
    max_distance_km = django_filters.NumberFilter(
        method="within", min_value=0, max_value=100_000, label="km"
    )

    class Meta:
        model = Match
        fields: list[str] = []

    def of_type(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(
            Q(output__resource_type__code=value)
            | Q(output__resource_type__code__startswith=f"{value}.")
        )

    def within(self, queryset: QuerySet, name: str, value: float) -> QuerySet:
        return queryset.filter(distance_m__lte=float(value) * 1000)


class MatchClusterFilter(PlaceFilterSet):
    resource_type = django_filters.CharFilter(
        method="of_type", max_length=60, label="code of a type that can be exchanged there"
    )

    class Meta:
        model = MatchCluster
        fields: list[str] = []

    def of_type(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.of_type(value)
