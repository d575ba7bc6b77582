"""Conversions of resources."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from organizations import services
from organizations.models import Conversion
from turash.admin_bases import BoundedAdmin, CheckedForm


class ConversionAdminForm(CheckedForm, forms.ModelForm):
    class Meta:
        model = Conversion
        fields = [
            "site", "name", "from_type", "to_type", "yield_per_unit", "capacity_per_year",
            "cost_eur_per_unit", "source", "visibility",
        ]  # fmt: skip


@admin.register(Conversion)
class ConversionAdmin(BoundedAdmin):
    form = ConversionAdminForm
    list_display = ["name", "site", "from_type", "to_type", "yield_per_unit", "capacity_per_year"]
    list_select_related = ["site", "from_type", "to_type"]
    list_filter = ["visibility"]
    search_fields = ["name", "site__name", "site__organization__name"]
    search_help_text = _("Name, site or organization")
    autocomplete_fields = ["site", "from_type", "to_type"]
    readonly_fields = ["created_at", "updated_at"]

    def save_model(
        self,
        request: HttpRequest,
        obj: Conversion,
        form: Any,
        change: bool,  # noqa: FBT001
    ) -> None:
        services.save_conversion(obj)
