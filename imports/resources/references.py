"""What all organizations share: resource types, codes of waste and sectors, currency rates."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.columns import Amount, Choice, Codes, Column, Day, Number, YesNo
from imports.models import ImportKey
from imports.resources.base import Context, Resource, Row, one_by_one
from organizations import units
from organizations.models import CurrencyRate, ResourceType, Sector, WasteCode
from organizations.models.resource_type import TransportMode
from turash.constraints import check_without_asking
from turash.errors import InvalidInput


class ReferenceResource(Resource):
    """Rows that are known by their code; facilitators alone change them."""

    is_for_facilitators = True

    def resolve(self, context: Context, rows: Sequence[Row]) -> None:
        for row in rows:
            if "code" not in row.values:
                row.refuse("code", _("This is needed: rows are known by it."))
        stored = self.model._default_manager.all()
        if context.writes:
            stored = stored.select_for_update(no_key=True, of=("self",))
        codes = [row.values["code"] for row in one_by_one(rows)]
        known = {one.code: one for one in stored.filter(code__in=codes)}
        for row in one_by_one(rows):
            row.stored = known.get(row.values["code"])

    def key_of(self, row: Row) -> tuple:
        return ("code", row.values["code"])

    def is_taken(self, name: str) -> bool:
        return True

    def check(self, row: Row) -> None:
        row.wanted.clean_fields(exclude={"parent"})
        check_without_asking(row.wanted)

    def write(self, context: Context, rows: Sequence[Row], *, announce: bool) -> None:
        for row in rows:
            row.wanted.save(force_insert=row.stored is None)

    def visible(self, viewer: Any) -> Any:
        return self.model._default_manager.all()


class WasteCodeResource(ReferenceResource):
    name = "waste-codes"
    label = gettext_lazy("List of Waste codes")
    about = gettext_lazy("The European List of Waste; DEFRA's edition (OGL v3) is read as it is.")
    model = WasteCode
    ignored = frozenset({"entry_type"})
    columns = (
        Column(name="code", longest=6, is_required=True, example="100101"),
        Column(name="description", longest=500, is_required=True, example="Bottom ash, slag"),
        YesNo(name="hazardous", example="false"),
        Column(name="chapter", longest=500),
        Column(name="sub_chapter", longest=500),
    )


class SectorResource(ReferenceResource):
    name = "sectors"
    label = gettext_lazy("Sectors (NACE Rev. 2)")
    about = gettext_lazy("Eurostat's table of NACE Rev. 2 is read as it is.")
    model = Sector
    aliases = {"parent": "parent_code"}
    ignored = frozenset(
        {
            "rownames", "order", "level", "this_item_includes", "this_item_also_includes",
            "rulings", "this_item_excludes", "reference_to_isic_rev._4",
        }
    )  # fmt: skip
    columns = (
        Column(name="code", longest=5, is_required=True, example="35.11"),
        Column(
            name="description", longest=500, is_required=True, example="Production of electricity"
        ),
        Column(name="parent_code", longest=5, example="35.1"),
    )


class CurrencyRateResource(ReferenceResource):
    name = "currency-rates"
    label = gettext_lazy("Currency rates")
    model = CurrencyRate
    columns = (
        Column(name="code", longest=3, is_required=True, example="DKK"),
        Amount(
            name="eur_per_unit", digits=18, decimals=9, unit="EUR", is_required=True, example=0.134
        ),
        Day(name="as_of_date", is_required=True, example="2026-03-31"),
        Column(name="source", longest=200, is_required=True, example="ECB"),
    )

    def check(self, row: Row) -> None:
        if row.wanted.code == "EUR" and row.wanted.eur_per_unit != 1:
            raise ValidationError({"eur_per_unit": _("A euro is worth one euro.")})
        super().check(row)


class ResourceTypeResource(ReferenceResource):
    name = "resource-types"
    label = gettext_lazy("Resource types")
    about = gettext_lazy(
        "A code spells its ancestors, which stand before it. Code, group and unit stay as they are."
    )
    model = ResourceType
    columns = (
        Column(name="code", longest=60, is_required=True, example="heat.hot_water"),
        Choice(name="family", choices=ResourceType.Family.values, is_required=True,
               example="energy"),
        YesNo(name="is_group", example="false",
              about=gettext_lazy("Groups others; no flow is of this type itself.")),
        Column(name="name", longest=100, is_required=True, example="Hot water"),
        Column(name="name_ru", longest=100),
        Column(name="name_tt", longest=100),
        Column(name="description", longest=5000),
        Column(name="unit", longest=10, example="MWh", about=gettext_lazy("Canonical unit.")),
        Choice(name="transport", choices=TransportMode.values, example="pipe"),
        Number(name="max_distance_km", unit="km", is_required=True, example=25),
        Choice(name="temperature_rule", choices=ResourceType.TemperatureRule.values,
               example="at_least"),
        Codes(name="waste_codes", about=gettext_lazy("List of Waste codes, with commas.")),
        Column(name="replaced_product", longest=150),
        Amount(name="price_eur_per_unit", digits=14, decimals=4, unit="EUR"),
        Column(name="price_source", longest=300, about=gettext_lazy("Needed with a price.")),
        YesNo(name="price_is_estimate"),
        Number(name="co2_t_per_unit", unit="t CO2e"),
        Column(name="co2_source", longest=300, about=gettext_lazy("Needed with a factor.")),
        YesNo(name="co2_is_estimate"),
        Number(name="tonnes_per_unit", unit="t"),
        Number(name="pipe_mw_per_unit_per_hour", unit="MW"),
    )  # fmt: skip

    def resolve(self, context: Context, rows: Sequence[Row]) -> None:
        super().resolve(context, rows)
        above = {code: None for row in one_by_one(rows) if (code := _above(row.values["code"]))}
        parents = {one.code: one for one in ResourceType.objects.filter(code__in=above)}
        digests = {_digest(self, code): code for code in above}
        named = ImportKey.objects.filter(job=context.job, digest__in=list(digests))
        known = {digests[one] for one in named.values_list("digest", flat=True)} | parents.keys()
        for row in one_by_one(rows):
            code = _above(row.values["code"])
            if code and code not in known:
                row.refuse(
                    "code", _("There is no “%s” above it; put it into an earlier row.") % code
                )
            row.values["parent"] = parents.get(code)
            known.add(row.values["code"])

    def complete(self, context: Context, row: Row, wanted: ResourceType) -> None:
        if row.stored is None:
            wanted.parent = row.values["parent"]
            return
        held = ResourceType.objects.values("is_group", "unit").get(pk=wanted.pk)
        for name, value in held.items():
            if getattr(wanted, name) != value:
                row.refuse(name, _("This stays as it is: flows are counted in it."))

    def check(self, row: Row) -> None:
        wanted: ResourceType = row.wanted
        if wanted.unit:
            try:
                units.conversion_factor(wanted.unit, wanted.unit)
            except InvalidInput as error:
                message = _("“%s” is not a unit; write it like MWh, t or m3.") % wanted.unit
                raise ValidationError({"unit": message}) from error
        for value, source in (
            ("price_eur_per_unit", "price_source"),
            ("co2_t_per_unit", "co2_source"),
        ):
            if getattr(wanted, value) is not None and not getattr(wanted, source):
                raise ValidationError({source: _("Name the public source of this number.")})
        super().check(row)

    def write(self, context: Context, rows: Sequence[Row], *, announce: bool) -> None:
        for row in rows:
            code = _above(row.wanted.code)
            if row.stored is None and code:
                # It may have been stored a moment ago.
                row.wanted.parent = ResourceType.objects.filter(code=code).first()
                if row.wanted.parent is None:
                    raise ValidationError({"code": _("There is no “%s” above it.") % code})
            row.wanted.save(force_insert=row.stored is None)


def _above(code: str) -> str:
    return code.rpartition(".")[0]


def _digest(resource: Resource, code: str) -> int:
    digest = blake2b(repr(("code", code)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
