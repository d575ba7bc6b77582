"""Plans: people ask for them on pages and by the API; here they look on, and step in."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from plans import services
from plans.models import (
    Plan,
    PlanClosure,
    PlannedExchange,
    PlannedFlow,
    PlanPart,
    PlanRule,
    PlanShare,
    SupposedFlow,
    SupposedSite,
)
from turash.admin_bases import ReadOnlyAdmin
from turash.errors import DomainError

MOST_AT_ONCE = 20


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = [
        "name", "organization", "status", "progress", "objective", "savings", "co2", "created_at",
    ]  # fmt: skip
    list_select_related = ["organization"]
    list_filter = ["status", "objective"]
    search_fields = ["name", "organization__name"]
    search_help_text = _("Name or organization")
    date_hierarchy = "created_at"
    ordering = ["-created_at", "pk"]
    actions = ["compute_again", "cancel"]

    @admin.display(description=_("progress"))
    def progress(self, plan: Plan) -> str:
        return f"{plan.done_count} / {plan.total_count}"

    @admin.display(description=_("savings [EUR/a]"), ordering="savings_eur_per_year")
    def savings(self, plan: Plan) -> str:
        return _rounded(plan.savings_eur_per_year)

    @admin.display(description=_("avoided CO2 [t/a]"), ordering="co2_avoided_t_per_year")
    def co2(self, plan: Plan) -> str:
        return _rounded(plan.co2_avoided_t_per_year)

    @admin.action(description=_("Compute the chosen plans again"), permissions=["act"])
    def compute_again(self, request: HttpRequest, queryset: QuerySet[Plan]) -> None:
        plans = list(queryset.select_related("organization", "resource_type")[:MOST_AT_ONCE])
        for plan in plans:
            services.request_plan(
                actor=request.user,  # type: ignore[arg-type]
                name=plan.name,
                organization=plan.organization,
                scenario_of=plan,
            )
        text = ngettext("%d plan is being computed.", "%d plans are being computed.", len(plans))
        self.message_user(request, text % len(plans), messages.SUCCESS)

    @admin.action(description=_("Cancel the chosen plans"), permissions=["act"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Plan]) -> None:
        for plan in queryset[:MOST_AT_ONCE]:
            try:
                services.cancel_plan(actor=request.user, plan_id=plan.pk)  # type: ignore[arg-type]
            except DomainError as error:
                self.message_user(request, f"{plan}: {error.message}", messages.WARNING)
            else:
                self.message_user(request, _("%s was cancelled.") % plan, messages.SUCCESS)


@admin.register(PlanPart)
class PlanPartAdmin(ReadOnlyAdmin):
    list_display = ["plan", "number", "exchange_count", "status", "attempts", "updated_at"]
    list_select_related = ["plan"]
    list_filter = ["status"]
    search_fields = ["plan__name", "error"]
    search_help_text = _("Plan or error")
    ordering = ["-pk"]


@admin.register(PlanRule)
class PlanRuleAdmin(ReadOnlyAdmin):
    list_display = ["plan", "kind", "output", "input"]
    list_select_related = ["plan", "output", "input"]
    list_filter = ["kind"]
    search_fields = ["plan__name", "output__name", "input__name"]
    search_help_text = _("Plan or flow")
    ordering = ["-pk"]


class ChosenFilter(admin.SimpleListFilter):
    title = _("chosen")
    parameter_name = "chosen"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple]:
        return [("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[PlannedExchange]:
        return queryset.chosen() if self.value() == "yes" else queryset


@admin.register(PlannedExchange)
class PlannedExchangeAdmin(ReadOnlyAdmin):
    list_display = [
        "plan", "output", "input", "quantity_per_year", "savings", "is_contracted", "must_be",
    ]  # fmt: skip
    list_select_related = [
        "plan", "declared_output", "declared_input", "supposed_output", "supposed_input",
    ]  # fmt: skip
    list_filter = [ChosenFilter, "is_contracted", "is_mixed"]
    search_fields = ["plan__name", "declared_output__name", "declared_input__name"]
    search_help_text = _("Plan or flow")
    ordering = ["-pk"]

    @admin.display(description=_("savings [EUR/a]"), ordering="savings_eur_per_year")
    def savings(self, exchange: PlannedExchange) -> str:
        return _rounded(exchange.savings_eur_per_year)


@admin.register(PlannedFlow)
class PlannedFlowAdmin(ReadOnlyAdmin):
    list_display = ["plan", "flow", "available_per_year", "used_per_year", "price"]
    list_select_related = ["plan", "declared_flow", "supposed_flow"]
    search_fields = ["plan__name", "declared_flow__name"]
    search_help_text = _("Plan or flow")
    ordering = ["-pk"]


@admin.register(PlanShare)
class PlanShareAdmin(ReadOnlyAdmin):
    list_display = ["part", "__str__", "avoided_eur", "proportional", "shapley"]
    list_select_related = ["part__plan", "organization", "supposed_site"]
    search_fields = ["part__plan__name", "organization__name"]
    search_help_text = _("Plan or organization")
    ordering = ["-pk"]


@admin.register(SupposedSite)
class SupposedSiteAdmin(ReadOnlyAdmin):
    list_display = ["name", "plan"]
    list_select_related = ["plan"]
    search_fields = ["plan__name", "name"]
    search_help_text = _("Plan or plant")
    ordering = ["-pk"]


@admin.register(SupposedFlow)
class SupposedFlowAdmin(ReadOnlyAdmin):
    list_display = ["name", "site", "direction", "resource_type", "quantity_per_year"]
    list_select_related = ["site", "resource_type"]
    list_filter = ["direction"]
    search_fields = ["site__name", "name"]
    search_help_text = _("Plant or flow")
    ordering = ["-pk"]


@admin.register(PlanClosure)
class PlanClosureAdmin(ReadOnlyAdmin):
    list_display = ["plan", "closed"]
    list_select_related = ["plan", "organization", "site", "flow"]
    search_fields = ["plan__name", "organization__name", "site__name", "flow__name"]
    search_help_text = _("Plan, organization, site or flow")
    ordering = ["-pk"]


def _rounded(value: float | None) -> str:
    return "-" if value is None else number_format(round(value), force_grouping=True)
