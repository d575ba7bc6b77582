"""Running exchanges: the parties report, facilitators look on."""

from django.contrib import admin
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from exchanges import admin_report
from exchanges.models import Declaration, Delivery, ExchangeFactors
from turash.admin_bases import ReadOnlyAdmin

OF_PROPOSAL = [
    "proposal__from_organization",
    "proposal__to_organization",
    "proposal__resource",
]
SEARCHED = [
    "proposal__from_organization__name",
    "proposal__to_organization__name",
    "proposal__resource__name",
]


class ConfirmedFilter(admin.SimpleListFilter):
    title = _("confirmed")
    parameter_name = "confirmed"

    def lookups(self, request, model_admin) -> list[tuple]:
        return [("yes", _("Yes")), ("no", _("No"))]

    def queryset(self, request, queryset):
        if self.value() in ("yes", "no"):
            return queryset.filter(confirmed_at__isnull=self.value() == "no")
        return queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    change_list_template = "admin/exchanges/delivery/change_list.html"
    list_display = ["month", "proposal", "quantity", "reported_for", "confirmed_for"]
    list_select_related = [*OF_PROPOSAL, "reported_for", "confirmed_for"]
    list_filter = [ConfirmedFilter]
    search_fields = SEARCHED
    search_help_text = _("Organization or resource")
    date_hierarchy = "month"
    ordering = ["-month", "pk"]

    def get_urls(self) -> list[URLPattern]:
        return [*admin_report.urls(), *super().get_urls()]


@admin.register(Declaration)
class DeclarationAdmin(ReadOnlyAdmin):
    list_display = ["month", "organization", "proposal", "jobs", "private_investment_eur"]
    list_select_related = [*OF_PROPOSAL, "organization"]
    search_fields = SEARCHED
    search_help_text = _("Organization or resource")
    date_hierarchy = "month"
    ordering = ["-month", "pk"]


@admin.register(ExchangeFactors)
class ExchangeFactorsAdmin(ReadOnlyAdmin):
    list_display = ["proposal", "live_since", "basis", "planned_per_year", "co2_t_per_unit"]
    list_select_related = OF_PROPOSAL
    list_filter = ["basis"]
    search_fields = SEARCHED
    search_help_text = _("Organization or resource")
    date_hierarchy = "live_since"
    ordering = ["-live_since", "pk"]
