"""Forms of organizations and sites: they check the input; services write."""

from django import forms
from django.utils.translation import gettext_lazy as _

from organizations.models import Organization, Site
from organizations.point_field import PointField


class OrganizationForm(forms.ModelForm):
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")

    class Meta:
        model = Organization
        fields = ["name", "subtype", "sector", "description", "website", "visibility"]
        widgets = {"description": forms.Textarea({"rows": 4})}
        help_texts = {"sector": _("For example 35.11, or empty.")}
        labels = {"subtype": _("Kind")}


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
