"""The form that takes a file."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imports.resources import RESOURCES
from organizations.models import Organization, User
from turash.uploads import BoundedUploadHandler


class ImportUploadHandler(BoundedUploadHandler):
    """Takes larger forms than others do; they go to the disk."""

    def __init__(self, request: Any, largest_bytes: int) -> None:
        super().__init__(request)
        # The file, and the fields and boundaries around it.
        self.largest_request = largest_bytes + 256 * 1024


class ImportForm(forms.Form):
    resource = forms.ChoiceField(label=_("What the file holds"))
    organization = forms.ModelChoiceField(
        label=_("Organization"),
        queryset=Organization.objects.none(),
        required=False,
        empty_label=_("as the rows say"),
        help_text=_("Of sites and flows: all rows are of this organization."),
    )
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX or GeoJSON."),
        widget=forms.FileInput({"accept": ".csv,.xlsx,.geojson,.json,text/csv"}),
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resource"].choices = [
            (name, resource.label)
            for name, resource in RESOURCES.items()
            if resource.may_import(actor, None)
        ]
        editable = Organization.objects.editable_by(actor).order_by("name", "pk")
        self.fields["organization"].queryset = editable
        if editable.count() == 1:
            self.fields["organization"].initial = editable.get()
