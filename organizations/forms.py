"""Forms of organizations, sites and conversions: they check the input; services write."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from organizations.models import Conversion, Organization, ResourceType, Site
from organizations.point_field import PointField
from turash.figures import unit


class OrganizationForm(forms.ModelForm):
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")

    class Meta:
        model = Organization
        fields = [
            "name",
            "subtype",
            "sector",
            "description",
            "website",
            "visibility",
            "figures_from",
        ]
        widgets = {"description": forms.Textarea({"rows": 4})}
        help_texts = {
            "sector": _("For example 35.11, or empty."),
            "figures_from": _(
                "Before that others see quantities rounded to one digit, wider ranges of quality, "
                "and not what you pay today."
            ),
        }
        labels = {"subtype": _("Kind")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Who says nothing leaves it as it is.
        self.fields["figures_from"].required = False

    def clean_figures_from(self) -> str:
        return self.cleaned_data["figures_from"] or self.instance.figures_from


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

    def clean_country(self) -> str:
        return self.cleaned_data["country"].upper()


class ConversionForm(forms.ModelForm):
    class Meta:
        model = Conversion
        fields = [
            "site",
            "name",
            "from_type",
            "to_type",
            "yield_per_unit",
            "capacity_per_year",
            "cost_eur_per_unit",
            "source",
            "visibility",
        ]
        help_texts = {
            "yield_per_unit": _("In the units of the two types, for example MWh per t."),
            "capacity_per_year": _(
                "How much more you could take in, in the unit of what you take."
            ),
            "cost_eur_per_unit": _("What the process costs you, without transport."),
        }

    def __init__(self, *args: Any, sites: QuerySet[Site], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["site"].queryset = sites
        for name in ("from_type", "to_type"):
            self.fields[name].queryset = ResourceType.objects.selectable()
            self.fields[name].label_from_instance = _with_unit


def _with_unit(resource_type: ResourceType) -> str:
    return f"{resource_type} [{unit(resource_type.unit)}]"
