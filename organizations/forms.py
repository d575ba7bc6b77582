"""Forms of organizations, sites and flows: they check the input; services write."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from organizations.models import FlowContaminant, Organization, ResourceFlow, ResourceType, Site
from organizations.models.resource_type import TransportMode
from organizations.point_field import PointField

MONTHS = [
    (1, _("January")),
    (2, _("February")),
    (3, _("March")),
    (4, _("April")),
    (5, _("May")),
    (6, _("June")),
    (7, _("July")),
    (8, _("August")),
    (9, _("September")),
    (10, _("October")),
    (11, _("November")),
    (12, _("December")),
]


class OrganizationForm(forms.ModelForm):
    class Meta:
        model = Organization
        fields = ["name", "subtype", "sector", "description", "website", "visibility"]
        widgets = {"description": forms.Textarea({"rows": 4})}
        help_texts = {"sector": _("For example 35.11, or empty.")}


class SiteForm(forms.ModelForm):
    location = PointField(label=_("Place"))

    class Meta:
        model = Site
        fields = [
            "name",
            "location",
            "address",
            "postal_code",
            "city",
            "country",
            "holds_hazardous_waste_permit",
        ]
        help_texts = {"country": _("Two letters, such as DK or RU.")}


class ResourceFlowForm(forms.ModelForm):
    """All that can be said of a flow; only site, direction, type, name and amount are needed."""

    months = forms.TypedMultipleChoiceField(
        label=_("Months"),
        choices=MONTHS,
        coerce=int,
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
        widget=forms.Textarea({"rows": 3}),
        help_text=_("One substance a line, such as “cd 1.5”. An input states what it accepts."),
    )
    unit = forms.CharField(
        label=_("Unit"),
        max_length=20,
        required=False,
        widget=forms.TextInput({"list": "units"}),
        help_text=_("Empty: the unit of the resource type. Others are converted."),
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
        widgets = {
            "description": forms.Textarea({"rows": 3}),
            "valid_from": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            "valid_to": forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        }
        help_texts = {
            "hours_of_week": _("For example “Mon-Fri 06:00-22:00, Sat 08:00-12:00”."),
            "price_per_unit": _("What you ask or offer, for one declared unit."),
        }

    # Heading of a part of the form, its fields, and whether it is open at first.
    PARTS = (
        (_("What"), ("site", "direction", "resource_type", "name", "description"), True),
        (_("How much"), ("amount", "unit", "per", "precision_level", "min_amount"), True),
        (
            _("Quality"),
            (
                "temperature_celsius_min", "temperature_celsius_max", "pressure_bar_min",
                "pressure_bar_max", "purity_pct_min", "purity_pct_max", "moisture_pct_min",
                "moisture_pct_max", "ph_min", "ph_max", "contaminants", "hazardous", "waste_code",
            ),
            True,
        ),
        (_("When"), ("pattern", "hours_of_week", "months", "valid_from", "valid_to"), False),
        (_("Price"), ("current_cost_per_unit", "price_per_unit", "currency"), False),
        (_("Logistics"), ("methods", "max_distance_km", "storage_days"), False),
        (_("Who sees it"), ("status", "visibility"), False),
    )  # fmt: skip

    def __init__(self, *args: Any, sites: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites
        self.fields["resource_type"].choices = list(_types_by_family())
        if self.instance.pk and not self.instance._state.adding:
            self.initial["contaminants"] = "\n".join(
                f"{content.substance} {content.mg_per_kg:g}"
                for content in self.instance.contaminants.all()
            )

    def parts(self) -> Iterator[dict[str, Any]]:
        """The form by parts; one with an error is open."""
        for title, names, is_open in self.PARTS:
            fields = [self[name] for name in names]
            yield {
                "title": title,
                "fields": fields,
                "open": is_open or any(field.errors for field in fields),
            }

    def clean_contaminants(self) -> dict[str, float]:
        contents: dict[str, float] = {}
        for line in self.cleaned_data["contaminants"].splitlines():
            if not line.strip():
                continue
            substance, _space, number = line.strip().rpartition(" ")
            try:
                content = FlowContaminant(
                    substance=substance.strip(), mg_per_kg=float(number.replace(",", "."))
                )
                content.clean_fields(exclude=["flow"])
            except (ValueError, forms.ValidationError) as error:
                raise forms.ValidationError(
                    _("“%(line)s” is not a substance and a number; write it like “cd 1.5”.")
                    % {"line": line[:40]}
                ) from error
            contents[content.substance] = content.mg_per_kg
        return contents


def _types_by_family() -> Iterator[tuple[str, Any]]:
    yield "", "—"
    types = ResourceType.objects.selectable().order_by("family", "code")
    for family, members in groupby(types, key=lambda t: t.get_family_display()):
        yield str(family), [(t.pk, f"{t.label} [{t.unit}]") for t in members]
