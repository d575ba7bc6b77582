"""The tree of resource types, and currency rates."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from organizations import units
from organizations.models import CurrencyRate, ResourceType
from turash.admin_bases import BoundedAdmin
from turash.errors import InvalidInput


class ResourceTypeForm(forms.ModelForm):
    class Meta:
        model = ResourceType
        fields = "__all__"  # noqa: DJ007
        widgets = {"description": forms.Textarea({"rows": 3})}

    def clean_unit(self) -> str:
        unit = self.cleaned_data["unit"]
        if unit:
            try:
                units.conversion_factor(unit, unit)
            except InvalidInput as error:
                raise ValidationError(
                    _("“%s” is not a unit; write it like MWh, t or m3.") % unit
                ) from error
        return unit

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # A field that is read-only here, or wrong, is missing.
        if "code" in cleaned and "parent" in cleaned:
            above = cleaned["code"].rpartition(".")[0]
            expected = cleaned["parent"].code if cleaned["parent"] else ""
            if above != expected:
                self.add_error(
                    "code",
                    _("The code spells its ancestors: write %s.")
                    % (f"{expected}.…" if expected else _("it without a dot, or choose a parent")),
                )
        for value, source in (
            ("price_eur_per_unit", "price_source"),
            ("co2_t_per_unit", "co2_source"),
        ):
            if cleaned.get(value) is not None and not cleaned.get(source):
                self.add_error(source, _("Name the public source of this number."))
        return cleaned


@admin.register(ResourceType)
class ResourceTypeAdmin(BoundedAdmin):
    form = ResourceTypeForm
    list_display = [
        "indented_name", "code", "family", "unit", "transport", "max_distance_km", "price",
        "co2_factor", "is_estimate",
    ]  # fmt: skip
    list_filter = [
        "family", "is_group", "transport", "price_is_estimate", "co2_is_estimate",
    ]  # fmt: skip
    list_per_page = 200
    search_fields = ["code", "name", "name_ru", "name_tt"]
    search_help_text = _("Code, or name in any language")
    ordering = ["code"]
    autocomplete_fields = ["parent"]
    fieldsets = [
        (None, {"fields": ["parent", "code", "family", "is_group", "unit"]}),
        (_("Names"), {"fields": ["name", "name_ru", "name_tt", "description"]}),
        (_("Exchange"), {"fields": ["transport", "max_distance_km", "temperature_rule",
                                    "waste_codes", "tonnes_per_unit",
                                    "pipe_mw_per_unit_per_hour"]}),
        (
            _("What it replaces"),
            {
                "description": _("Matches take new values over when they are computed again."),
                "fields": ["replaced_product", "price_eur_per_unit", "price_source",
                           "price_is_estimate", "co2_t_per_unit", "co2_source",
                           "co2_is_estimate"],
            },
        ),
    ]  # fmt: skip

    @admin.display(description=_("name"), ordering="code")
    def indented_name(self, resource_type: ResourceType) -> str:
        return "\u2003" * resource_type.code.count(".") + resource_type.label

    @admin.display(description=_("price [EUR/unit]"), ordering="price_eur_per_unit")
    def price(self, resource_type: ResourceType) -> str | None:
        value = resource_type.price_eur_per_unit
        return None if value is None else number_format(value.normalize(), use_l10n=True)

    @admin.display(description=_("CO2e [t/unit]"), ordering="co2_t_per_unit")
    def co2_factor(self, resource_type: ResourceType) -> str | None:
        value = resource_type.co2_t_per_unit
        return None if value is None else f"{value:g}"

    @admin.display(description=_("estimate"), boolean=True)
    def is_estimate(self, resource_type: ResourceType) -> bool:
        return resource_type.price_is_estimate or resource_type.co2_is_estimate

    def get_readonly_fields(
        self, request: HttpRequest, obj: ResourceType | None = None
    ) -> list[str]:
        # Flows are counted in this unit, and descendants are found by the code.
        return ["parent", "code", "is_group", "unit"] if obj else []


class CurrencyRateForm(forms.ModelForm):
    class Meta:
        model = CurrencyRate
        fields = ["code", "eur_per_unit", "as_of_date", "source"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        code = cleaned.get("code") or self.instance.code
        if code == "EUR" and cleaned.get("eur_per_unit") not in (None, 1):
            self.add_error("eur_per_unit", _("A euro is worth one euro."))
        return cleaned


@admin.register(CurrencyRate)
class CurrencyRateAdmin(BoundedAdmin):
    form = CurrencyRateForm
    list_display = ["code", "eur_per_unit", "as_of_date", "source"]
    list_filter = ["as_of_date"]
    search_fields = ["code", "source"]
    search_help_text = _("Code or source")

    def get_readonly_fields(
        self, request: HttpRequest, obj: CurrencyRate | None = None
    ) -> list[str]:
        return ["code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: CurrencyRate | None = None) -> bool:
        # Prices are in euro unless somebody says otherwise.
        return super().has_delete_permission(request, obj) and not (obj and obj.code == "EUR")
