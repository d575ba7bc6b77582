"""The form of a resource flow."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.utils import dates
from django.utils.translation import gettext_lazy as _

from organizations.hours import HoursOfWeek
from organizations.models import FlowContaminant, ResourceFlow, ResourceType
from organizations.models.flow import all_months
from organizations.models.resource_type import TransportMode
from organizations.units import SUGGESTED_UNITS

# Heading of a part, what it says under the heading, its rows, and whether it is open at first.
# A row is a field, or the lowest and the highest value of one quantity under a common label.
PARTS = (
    (_("What"), "", ("site", "direction", "resource_type", "name", "description"), True),
    (_("How much"), "", ("amount", "unit", "per", "precision_level", "min_amount"), True),
    (
        _("Quality"),
        _("What an output is, or what an input accepts. Leave open what you do not know."),
        (
            (_("Temperature [°C]"), "temperature_celsius"),
            (_("Pressure [bar]"), "pressure_bar"),
            (_("Purity [%]"), "purity_pct"),
            (_("Moisture [%]"), "moisture_pct"),
            (_("pH"), "ph"),
            "waste_code",
            "hazardous",
            "contaminants",
        ),
        False,
    ),
    (
        _("When"),
        _("Round the clock, all year, unless told."),
        ("pattern", "hours_of_week", "valid_from", "valid_to", "months"),
        False,
    ),
    (
        _("Price"),
        _("Without a price the usual one of the replaced product counts."),
        ("current_cost_per_unit", "price_per_unit", "currency"),
        False,
    ),
    (
        _("Logistics"),
        _("Any way of transport, as far as is usual for the resource, unless told."),
        ("max_distance_km", "storage_days", "methods"),
        False,
    ),
    (_("Who sees it"), _("Everybody, at once, unless told."), ("status", "visibility"), False),
)


class HoursField(forms.CharField):
    """Ranges of hours such as “Mon-Fri 06:00-22:00”; empty: round the clock."""

    def to_python(self, value: Any) -> HoursOfWeek:
        if isinstance(value, HoursOfWeek):
            return value
        text = super().to_python(value)
        try:
            return HoursOfWeek.parse(text) if text else HoursOfWeek.all()
        except ValueError as error:
            raise forms.ValidationError(error.args[0]) from error


class ResourceFlowForm(forms.ModelForm):
    """All that can be said of a flow; only site, direction, type and amount are needed."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        required=False,
        help_text=_("Empty: the name of the resource."),
    )
    hours_of_week = HoursField(
        label=_("Hours of the week"),
        required=False,
        initial=HoursOfWeek.all,
        help_text=_("For example “Mon-Fri 06:00-22:00, Sat 08:00-12:00”, in full hours."),
    )
    months = forms.TypedMultipleChoiceField(
        label=_("Months"),
        choices=list(dates.MONTHS.items()),
        coerce=int,
        initial=all_months,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one month.")},
    )
    methods = forms.MultipleChoiceField(
        label=_("Ways of transport"),
        choices=TransportMode.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: any."),
    )
    contaminants = forms.CharField(
        label=_("Contaminants [mg/kg]"),
        required=False,
        widget=forms.Textarea({"rows": 3, "placeholder": "cd 1.5\npb 40"}),
        help_text=_("One substance a line, such as “cd 1.5”. An input states what it accepts."),
    )
    unit = forms.CharField(
        label=_("Unit"),
        max_length=20,
        required=False,
        widget=forms.TextInput({"list": "units", "autocomplete": "off"}),
        help_text=_("Empty: the unit of the resource. Others are converted."),
    )

    class Meta:
        model = ResourceFlow
        fields = [
            "site", "direction", "resource_type", "name", "description", "status", "visibility",
            "amount", "unit", "per", "min_amount", "precision_level",
            "temperature_celsius_min", "temperature_celsius_max", "pressure_bar_min",
            "pressure_bar_max", "purity_pct_min", "purity_pct_max", "moisture_pct_min",
            "moisture_pct_max", "ph_min", "ph_max", "hazardous", "waste_code",
            "pattern", "hours_of_week", "months", "valid_from", "valid_to",
            "price_per_unit", "currency", "current_cost_per_unit",
            "methods", "max_distance_km", "storage_days",
        ]  # fmt: skip
        labels = {
            "min_amount": _("Smallest exchange"),
            "current_cost_per_unit": _("Cost today, per unit"),
            "price_per_unit": _("Price, per unit"),
        }
        widgets = {
            "description": forms.Textarea({"rows": 2}),
            "waste_code": forms.TextInput({"inputmode": "numeric", "placeholder": "100101"}),
            "valid_from": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "valid_to": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "direction": _("Output: leaves the site. Input: is needed there."),
            "min_amount": _("Less than this, in the same unit, is not worth an exchange."),
            "price_per_unit": _("What you ask or offer; below 0 you pay for being rid of it."),
            "max_distance_km": _("Empty: what is usual for the resource."),
            "storage_days": _("How many days of the amount can wait on the site."),
        }

    constraint_fields = {
        f"organizations_resourceflow_{constraint}": field
        for constraint, field in (
            ("amount_is_positive", "amount"),
            ("quantity_is_plausible", "amount"),
            ("min_amount_fits", "min_amount"),
            ("costs_are_plausible", "current_cost_per_unit"),
            ("validity_is_a_period", "valid_to"),
            ("distance_is_on_earth", "max_distance_km"),
            ("storage_is_plausible", "storage_days"),
        )
    }

    def __init__(self, *args: Any, sites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites
        self.fields["site"].empty_label = None
        self.fields["direction"].choices = [("", "—"), *ResourceFlow.Direction.choices]
        self.types = list(ResourceType.objects.selectable().order_by("family", "code"))
        self.fields["resource_type"].choices = list(self._types_by_family())
        self.fields["amount"].widget.attrs["min"] = 0
        if not self.instance._state.adding:
            self.initial["contaminants"] = "\n".join(
                f"{content.substance} {content.mg_per_kg:g}"
                for content in self.instance.contaminants.all()
            )

    def _types_by_family(self) -> Iterator[tuple[str, Any]]:
        yield "", "—"
        for family, members in groupby(self.types, key=lambda kind: kind.get_family_display()):
            yield str(family), [(kind.pk, f"{kind.label} [{kind.unit}]") for kind in members]

    def units_of_types(self) -> dict[int, list[str]]:
        """The units to suggest for each resource type, its own first."""
        return {kind.pk: SUGGESTED_UNITS.get(kind.unit, [kind.unit]) for kind in self.types}

    def parts(self) -> Iterator[dict[str, Any]]:
        """The form by parts; one with an error or with something said in it is open."""
        for title, hint, rows, is_open in PARTS:
            shown = [self._row(row) for row in rows]
            fields = [field for row in shown for field in row["fields"]]
            said = not self.instance._state.adding and any(self._is_said(f) for f in fields)
            wrong = any(field.errors for field in fields)
            yield {"title": title, "hint": hint, "rows": shown, "open": is_open or said or wrong}

    def _row(self, row: Any) -> dict[str, Any]:
        if isinstance(row, str):
            return {"label": "", "fields": [self[row]]}
        label, name = row
        return {"label": label, "fields": [self[f"{name}_min"], self[f"{name}_max"]]}

    def _is_said(self, bound: forms.BoundField) -> bool:
        """Whether the flow says something else here than a new one would."""
        field = ResourceFlow._meta.get_field(bound.name)
        value = getattr(self.instance, bound.name)
        if field.one_to_many:
            return value.exists()
        return value not in (None, "", []) and value != field.get_default()

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if not cleaned.get("name") and cleaned.get("resource_type"):
            cleaned["name"] = str(cleaned["resource_type"])
        return cleaned

    def _post_clean(self) -> None:
        """The service checks the model, and knows the fields that its constraints are about."""

    def clean_contaminants(self) -> dict[str, float]:
        contents: dict[str, float] = {}
        for line in self.cleaned_data["contaminants"].splitlines():
            if not line.strip():
                continue
            substance, _space, number = line.strip().rpartition(" ")
            content = FlowContaminant(substance=substance.strip().lower())
            try:
                content.mg_per_kg = float(number.replace(",", "."))
                content.clean_fields(exclude=["flow"])
                content.validate_constraints(exclude=["flow"])
            except (ValueError, forms.ValidationError) as error:
                raise forms.ValidationError(
                    _("“%(line)s” is not a substance and a number; write it like “cd 1.5”."),
                    params={"line": line[:40]},
                ) from error
            contents[content.substance] = content.mg_per_kg
        return contents
