"""Resource flows with their contaminants."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import dates
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from organizations import services
from organizations.admin import bulk
from organizations.admin.places import FlowPlaces
from organizations.admin.quality import QualityFilter
from organizations.models import FlowContaminant, ResourceFlow
from organizations.models.resource_type import TransportMode
from organizations.services.flows import MAX_CONTAMINANTS, derive
from turash.admin_bases import BoundedAdmin, CheckedForm, export_chosen
from turash.desk.admin import action_of

DERIVED = ["organization", "place", "quantity", "smallest_quantity"]
RECORD = ["source", "external_id", "created_at", "updated_at"]


class ResourceFlowAdminForm(CheckedForm, forms.ModelForm):
    unit = forms.CharField(
        label=_("Unit"),
        max_length=20,
        required=False,
        help_text=_("Empty: the unit of the resource type. Others are converted."),
    )
    months = forms.TypedMultipleChoiceField(
        label=_("Months"),
        choices=list(dates.MONTHS.items()),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    methods = forms.MultipleChoiceField(
        label=_("Ways of transport"),
        choices=TransportMode.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: any."),
    )

    class Meta:
        model = ResourceFlow
        exclude = ["source", "external_id"]  # noqa: DJ006
        widgets = {"description": forms.Textarea({"rows": 3})}
        help_texts = {
            "hours_of_week": _("For example “Mon-Fri 06:00-22:00, Sat 08:00-12:00”."),
        }

    def clean_amount(self) -> Decimal:
        """Tell at the field what the constraint would tell about the whole row."""
        amount = self.cleaned_data["amount"]
        if amount <= 0:
            raise ValidationError(_("The amount must be above 0."))
        return amount

    def check(self) -> None:
        flow = self.instance
        if not flow._state.adding and flow.site.organization_id != flow.organization_id:
            raise ValidationError({"site": _("Choose a site of the same organization.")})
        derive(flow)
        flow.full_clean()


class FlowContaminantInline(admin.TabularInline):
    model = FlowContaminant
    extra = 0
    max_num = MAX_CONTAMINANTS


@admin.register(ResourceFlow)
class ResourceFlowAdmin(FlowPlaces, BoundedAdmin):
    form = ResourceFlowAdminForm
    list_display = [
        "name", "organization", "direction", "resource_type", "quantity", "temperature", "status",
        "precision_level", "visibility",
    ]  # fmt: skip
    list_select_related = ["organization", "resource_type"]
    list_filter = [
        "direction",
        "status",
        "resource_type__family",
        "precision_level",
        "visibility",
        "hazardous",
        ("source", admin.EmptyFieldListFilter),
        QualityFilter,
    ]
    search_fields = ["name", "organization__name", "=external_id"]
    searches_by_index = True
    # A million rows are narrowed down, not sorted: by any other column that would take seconds.
    sortable_by = ()
    search_help_text = _("Name, organization or whole id at the source")
    autocomplete_fields = ["site", "resource_type"]
    readonly_fields = [*DERIVED, *RECORD]
    inlines = [FlowContaminantInline]
    actions = [
        action_of(bulk.ACTIVATE), action_of(bulk.PAUSE), action_of(bulk.ARCHIVE), export_chosen,
    ]  # fmt: skip
    fieldsets = [
        (None, {"fields": ["site", "direction", "resource_type", "name", "description"]}),
        (_("How much"), {"fields": ["amount", "unit", "per", "precision_level", "min_amount"]}),
        (
            _("Quality"),
            {
                "fields": [
                    ("temperature_celsius_min", "temperature_celsius_max"),
                    ("pressure_bar_min", "pressure_bar_max"),
                    ("purity_pct_min", "purity_pct_max"),
                    ("moisture_pct_min", "moisture_pct_max"),
                    ("ph_min", "ph_max"),
                    "hazardous",
                    "waste_code",
                ]
            },
        ),
        (
            _("When"),
            {"fields": ["pattern", "hours_of_week", "months", ("valid_from", "valid_to")]},
        ),
        (_("Price"), {"fields": ["current_cost_per_unit", "price_per_unit", "currency"]}),
        (_("Logistics"), {"fields": ["methods", "max_distance_km", "storage_days"]}),
        (_("Who sees it"), {"fields": ["status", "visibility"]}),
        (_("Computed"), {"fields": [*DERIVED]}),
        (_("Record"), {"fields": [*RECORD]}),
    ]

    @admin.display(description=_("quantity a year"), ordering="quantity_per_year")
    def quantity(self, flow: ResourceFlow) -> str | None:
        return _per_year(flow, flow.quantity_per_year)

    @admin.display(description=_("smallest quantity a year"))
    def smallest_quantity(self, flow: ResourceFlow) -> str | None:
        return _per_year(flow, flow.min_quantity_per_year)

    @admin.display(description=_("temperature [°C]"), ordering="temperature_celsius_min")
    def temperature(self, flow: ResourceFlow) -> str | None:
        ends = (flow.temperature_celsius_min, flow.temperature_celsius_max)
        if ends == (None, None):
            return None
        return " – ".join("" if end is None else f"{end:g}" for end in ends)

    @admin.display(description=_("latitude, longitude [°]"))
    def place(self, flow: ResourceFlow) -> str | None:
        point = flow.location
        return f"{point.y:.4f}, {point.x:.4f}" if point else None

    def save_model(
        self,
        request: HttpRequest,
        obj: ResourceFlow,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        """The service stores a flow together with its contaminants: see `save_related`."""

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: list,
        change: bool,  # noqa: FBT001
    ) -> None:
        (contaminants,) = formsets
        # Notes for the history what the formset would have written.
        contaminants.save(commit=False)
        services.save_flow(
            form.instance,
            contaminants={
                row.cleaned_data["substance"]: row.cleaned_data["mg_per_kg"]
                for row in contaminants.forms
                if row not in contaminants.deleted_forms and row.cleaned_data.get("substance")
            },
        )


def _per_year(flow: ResourceFlow, quantity: float | None) -> str | None:
    if quantity is None or not flow.resource_type_id:
        return None
    number = number_format(round(quantity, 1), decimal_pos=1, force_grouping=True)
    return f"{number} {flow.resource_type.unit}/a"
