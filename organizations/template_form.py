"""The form of what a sector's template proposes: a list to take from, with amounts to correct."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from organizations.hours import HoursOfWeek
from organizations.models import ResourceFlow, ResourceType, Site
from organizations.sector_templates import SectorTemplate, TypicalFlow, all_templates
from turash.figures import span

LARGEST_SIZE = 10**9
BASES = {
    "source": _("stated in the source"),
    "derived": _("derived from the source"),
    "estimate": _("our own estimate"),
}


class SizeForm(forms.Form):
    """How large the site is, in the unit of its sector."""

    sector = forms.ChoiceField(widget=forms.HiddenInput)
    size = forms.DecimalField(label=_("Size"), min_value=Decimal("0.001"), max_value=LARGEST_SIZE)

    def __init__(self, *args: Any, template: SectorTemplate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["sector"].choices = [(code, code) for code in all_templates()]
        self.fields["size"].label = f"{template.size_label} [{template.size_unit}]"
        self.fields["size"].widget.attrs |= {"inputmode": "decimal", "min": 0, "step": "any"}


class TemplateForm(forms.Form):
    """Each proposed flow with a box to tick and its amount a year."""

    site = forms.ModelChoiceField(queryset=Site.objects.none(), label=_("Site"), empty_label=None)

    def __init__(
        self,
        *args: Any,
        template: SectorTemplate,
        size: Decimal,
        sites: QuerySet[Site],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites
        self.initial.setdefault("site", sites[0].pk)
        codes = [flow.resource_type for flow in template.flows]
        types = ResourceType.objects.selectable().in_bulk(codes, field_name="code")
        # A type that the admin has taken away is not proposed.
        self.proposed = [flow for flow in template.flows if flow.resource_type in types]
        self.types = types
        self.size = size
        for flow in self.proposed:
            name = types[flow.resource_type].label
            self.fields[f"{flow.key}-wanted"] = forms.BooleanField(
                label=name, required=False, initial=flow.typical > 0
            )
            self.fields[f"{flow.key}-amount"] = forms.DecimalField(
                label=_("%(resource)s, %(unit)s a year") % {"resource": name, "unit": flow.unit},
                required=False,
                initial=f"{flow.amounts(size)[1]:f}",
                max_digits=20,
                decimal_places=6,
                widget=forms.NumberInput({"inputmode": "decimal", "min": 0, "step": "any"}),
            )

    def of_site(self) -> list[forms.BoundField]:
        """The choice of the site, hidden where there is only one."""
        if len(self.fields["site"].queryset) == 1:
            self.fields["site"].widget = forms.HiddenInput()
        return [self["site"]]

    def sides(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The rows that leave the site, and those that it needs."""
        for direction, title in (
            ("output", _("It usually gives")),
            ("input", _("It usually needs")),
        ):
            rows = [self._row(flow) for flow in self.proposed if flow.direction == direction]
            if rows:
                yield title, rows

    def _row(self, flow: TypicalFlow) -> dict[str, Any]:
        low, _typical, high = flow.amounts(self.size)
        return {
            "wanted": self[f"{flow.key}-wanted"],
            "amount": self[f"{flow.key}-amount"],
            "unit": flow.unit,
            "temperature": span(flow.temperature_min, flow.temperature_max, "°C"),
            "low": low,
            "high": high,
            "basis": BASES[flow.basis],
            "note": flow.note,
            "source": flow.source,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for flow in self.proposed:
            name = f"{flow.key}-amount"
            missing = name not in self.errors and cleaned.get(name) is None
            if cleaned.get(f"{flow.key}-wanted") and missing:
                self.add_error(name, _("Give the amount, or take the line off the list."))
        if not self.errors and not self.rows():
            raise forms.ValidationError(_("Choose at least one line."))
        return cleaned

    def rows(self) -> dict[str, dict[str, Any]]:
        """The fields of each chosen flow, by its key."""
        return {
            flow.key: {
                "resource_type": self.types[flow.resource_type],
                "direction": flow.direction,
                "name": self.types[flow.resource_type].label,
                "amount": self.cleaned_data[f"{flow.key}-amount"],
                "unit": flow.unit,
                "per": ResourceFlow.Per.YEAR,
                "precision_level": ResourceFlow.PrecisionLevel.ROUGH,
                "temperature_celsius_min": flow.temperature_min,
                "temperature_celsius_max": flow.temperature_max,
                "hours_of_week": HoursOfWeek.parse(flow.hours) if flow.hours else HoursOfWeek.all(),
                "hazardous": flow.hazardous,
            }
            for flow in self.proposed
            if self.cleaned_data.get(f"{flow.key}-wanted")
        }
