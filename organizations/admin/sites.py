"""Sites, with a map to set the place."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from organizations import services
from organizations.admin.places import SitePlaces
from organizations.models import Site
from organizations.point_field import PointField
from turash.admin_bases import BoundedAdmin, export_chosen


class SiteAdminForm(forms.ModelForm):
    location = PointField(label=_("Place"))

    class Meta:
        model = Site
        fields = [
            "organization", "name", "location", "address", "postal_code", "city", "country",
            "holds_hazardous_waste_permit",
        ]  # fmt: skip
        help_texts = {"country": _("Two letters, such as DK or RU.")}


@admin.register(Site)
class SiteAdmin(SitePlaces, BoundedAdmin):
    form = SiteAdminForm
    list_display = ["name", "organization", "city", "country", "place", "permit"]
    list_select_related = ["organization"]
    list_filter = [
        "holds_hazardous_waste_permit",
        ("source", admin.EmptyFieldListFilter),
        "country",
    ]
    search_fields = ["name", "organization__name", "=external_id"]
    searches_by_index = True
    search_help_text = _("Name, organization or whole id at the source")
    autocomplete_fields = ["organization"]
    actions = [export_chosen]
    fieldsets = [
        (None, {"fields": [*SiteAdminForm.Meta.fields]}),
        (_("Record"), {"fields": ["source", "external_id", "created_at", "updated_at"]}),
    ]

    @admin.display(description=_("latitude, longitude [°]"))
    def place(self, site: Site) -> str:
        return f"{site.location.y:.4f}, {site.location.x:.4f}"

    @admin.display(
        description=_("hazardous waste"), boolean=True, ordering="holds_hazardous_waste_permit"
    )
    def permit(self, site: Site) -> bool:
        return site.holds_hazardous_waste_permit

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> list[str]:
        record = ["source", "external_id", "created_at", "updated_at"]
        # Proposals about its flows were made to this organization.
        return ["organization", *record] if obj else record

    def save_model(
        self,
        request: HttpRequest,
        obj: Site,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        services.save_site(obj)
