"""Clusters of matches, and the figures that they and matches show alike."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from matching import services
from matching.models import Match, MatchCluster
from turash.admin_bases import ReadOnlyAdmin


class FiguresMixin:
    """Columns of what is exchanged in a year and what it brings."""

    @admin.display(description=_("quantity a year"))
    def quantity(self, row: Match | MatchCluster) -> str:
        number = number_format(round(row.quantity_per_year), force_grouping=True)
        return f"{number} {self.unit_of(row)}/a"

    def unit_of(self, row: Any) -> str:
        return row.resource_type.unit

    @admin.display(description=_("savings [EUR/a]"))
    def savings(self, row: Match | MatchCluster) -> str:
        return number_format(round(row.savings_eur_per_year), force_grouping=True)

    @admin.display(description=_("avoided CO2 [t/a]"))
    def co2(self, row: Match | MatchCluster) -> str:
        return number_format(round(row.co2_avoided_t_per_year), force_grouping=True)


class TypeFilter(admin.SimpleListFilter):
    """Only the types of which there are clusters."""

    title = _("resource type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        rows = MatchCluster.objects.order_by("resource_type__code").select_related("resource_type")
        return [
            (row.resource_type.code, row.resource_type.label)
            for row in rows.distinct("resource_type__code")
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[MatchCluster]:
        return queryset.filter(resource_type__code=self.value()) if self.value() else queryset


@admin.register(MatchCluster)
class MatchClusterAdmin(FiguresMixin, ReadOnlyAdmin):
    list_display = [
        "name", "savings", "co2", "quantity", "match_count", "organization_count", "computed_at",
    ]  # fmt: skip
    list_select_related = ["resource_type"]
    list_filter = [TypeFilter]
    search_fields = ["place", "resource_type__name"]
    search_help_text = _("Place or resource")
    ordering = ["-savings_eur_per_year", "pk"]
    fields = [
        field.name
        for field in MatchCluster._meta.fields
        if field.name not in ("id", "area", "centre")
    ]
    actions = ["compute"]

    @admin.display(description=_("quantity a year"), ordering="quantity_per_year")
    def quantity(self, row: Match | MatchCluster) -> str:
        return super().quantity(row)

    @admin.display(description=_("savings [EUR/a]"), ordering="savings_eur_per_year")
    def savings(self, row: Match | MatchCluster) -> str:
        return super().savings(row)

    @admin.display(description=_("avoided CO2 [t/a]"), ordering="co2_avoided_t_per_year")
    def co2(self, row: Match | MatchCluster) -> str:
        return super().co2(row)

    @admin.display(description=_("name"), ordering="place")
    def name(self, cluster: MatchCluster) -> str:
        return cluster.name

    @admin.action(description=_("Compute all clusters again"), permissions=["act"])
    def compute(self, request: HttpRequest, queryset: QuerySet[MatchCluster]) -> None:
        services.request_clusters(actor=request.user)  # type: ignore[arg-type]
        self.message_user(request, _("The areas will be computed in a moment."), messages.SUCCESS)
