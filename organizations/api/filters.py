"""Query parameters of organizations, sites and flows."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet

from organizations.disclosure import Viewpoint
from organizations.models import Conversion, Organization, ResourceFlow, Site
from turash.api.filters import PlaceFilterSet


class OrganizationFilter(PlaceFilterSet):
    """An organization lies where one of its sites lies."""

    q = django_filters.CharFilter(method="search", max_length=200, label="text in name")
    subtype = django_filters.ChoiceFilter(choices=Organization.Subtype.choices)
    sector = django_filters.CharFilter(
        lookup_expr="startswith", max_length=8, label="NACE code, or how it begins"
    )

    class Meta:
        model = Organization
        fields: list[str] = []

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)

    def places(self, queryset: QuerySet, condition: dict[str, Any]) -> QuerySet:
        sites = super().places(Site.objects.visible_to(self.request.user), condition)
        return queryset.filter(Exists(sites.filter(organization=OuterRef("pk"))))


class SiteFilter(PlaceFilterSet):
    q = django_filters.CharFilter(
        field_name="name", lookup_expr="icontains", max_length=200, label="text in name"
    )

    class Meta:
        model = Site
        fields: list[str] = []


class ResourceFlowFilter(PlaceFilterSet):
    q = django_filters.CharFilter(
        method="search", max_length=200, label="text in name, description or organization"
    )
    direction = django_filters.ChoiceFilter(choices=ResourceFlow.Direction.choices)
    status = django_filters.ChoiceFilter(choices=ResourceFlow.Status.choices)
    resource_type = django_filters.CharFilter(
        method="of_type", max_length=60, label="code of a type; its descendants count, too"
    )
    min_quantity = django_filters.NumberFilter(
        method="at_least",
        min_value=0,
        max_value=1e15,
        label="canonical units per year; rounded ones where exact figures are not disclosed",
    )

    class Meta:
        model = ResourceFlow
        fields: list[str] = []

    def search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.search(value)

    def at_least(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        exact = Viewpoint(self.request.user).seen_exactly()
        return queryset.at_least(float(value), exact=exact)

    def of_type(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.of_type(value)


class ConversionFilter(django_filters.FilterSet):
    organization_id = django_filters.UUIDFilter(field_name="site__organization")
    from_type = django_filters.CharFilter(
        field_name="from_type__code", max_length=60, label="code of what is taken"
    )
    to_type = django_filters.CharFilter(
        field_name="to_type__code", max_length=60, label="code of what is made"
    )

    class Meta:
        model = Conversion
        fields: list[str] = []
