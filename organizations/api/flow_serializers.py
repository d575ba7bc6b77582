"""The nested shape of a resource flow, and its way to and from the typed columns."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from organizations.disclosure import Viewpoint
from organizations.hours import HoursOfWeek
from organizations.models import CurrencyRate, ResourceFlow, ResourceType
from organizations.models.flow import QUALITY_RANGES
from organizations.models.resource_type import TransportMode
from turash.api.fields import FiniteFloatField, StrictSerializer, TextField, TrueFalseField


class RangeSerializer(StrictSerializer):
    """A range; an end that is left out is not stated."""

    min = FiniteFloatField(required=False, allow_null=True)
    max = FiniteFloatField(required=False, allow_null=True)


class CanonicalQuantitySerializer(serializers.Serializer):
    amount_per_year = serializers.FloatField()
    reserved_per_year = serializers.FloatField(
        allow_null=True,
        help_text="Of that under contract; the rest can be matched. Null for other organizations.",
    )
    unit = serializers.CharField()


class QuantitySerializer(StrictSerializer):
    amount = serializers.DecimalField(max_digits=20, decimal_places=6)
    unit = TextField(
        max_length=20, required=False, help_text="Default: the canonical unit of the type."
    )
    per = serializers.ChoiceField(choices=ResourceFlow.Per.choices, required=False)
    precision_level = serializers.ChoiceField(
        choices=ResourceFlow.PrecisionLevel.choices, required=False
    )
    min_amount = serializers.DecimalField(
        max_digits=20, decimal_places=6, required=False, allow_null=True
    )
    canonical = CanonicalQuantitySerializer(read_only=True)


class QualitySerializer(StrictSerializer):
    temperature_celsius = RangeSerializer(required=False, allow_null=True)
    pressure_bar = RangeSerializer(required=False, allow_null=True)
    purity_pct = RangeSerializer(required=False, allow_null=True)
    moisture_pct = RangeSerializer(required=False, allow_null=True)
    ph = RangeSerializer(required=False, allow_null=True)
    contaminants_mg_kg = serializers.DictField(child=FiniteFloatField(), required=False)
    hazardous = TrueFalseField(required=False)
    waste_code = TextField(max_length=6, required=False, allow_blank=True)


@extend_schema_field(
    {
        "oneOf": [
            {"type": "array", "items": {"type": "string"}, "example": ["Mon-Fri 06:00-22:00"]},
            {"type": "array", "items": {"type": "boolean"}, "minItems": 168, "maxItems": 168},
            {"type": "string", "example": "Mon-Fri 06:00-22:00, Sat 06:00-14:00"},
        ]
    }
)
class HoursOfWeekField(serializers.Field):
    """168 flags from Monday 00:00, or ranges such as "Mon-Fri 06:00-22:00"; answers ranges."""

    def to_representation(self, value: HoursOfWeek) -> list[str]:
        return value.ranges()

    def to_internal_value(self, data: Any) -> HoursOfWeek:
        try:
            return HoursOfWeek.parse(data)
        except ValueError as error:
            raise serializers.ValidationError(error.args[0]) from error


class TemporalProfileSerializer(StrictSerializer):
    pattern = serializers.ChoiceField(choices=ResourceFlow.Pattern.choices, required=False)
    hours_of_week = HoursOfWeekField(required=False)
    months = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=12), max_length=12, required=False
    )
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_to = serializers.DateField(required=False, allow_null=True)


class PricingSerializer(StrictSerializer):
    price_per_unit = serializers.DecimalField(
        max_digits=14, decimal_places=4, required=False, allow_null=True
    )
    currency = serializers.SlugRelatedField(
        slug_field="code",
        queryset=CurrencyRate.objects.all(),
        required=False,
        error_messages={
            "does_not_exist": _(
                "There is no rate for “{value}”; give the price in EUR, or ask a facilitator to "
                "add the currency."
            )
        },
    )
    current_cost_per_unit = serializers.DecimalField(
        max_digits=14, decimal_places=4, required=False, allow_null=True
    )


class LogisticsSerializer(StrictSerializer):
    methods = serializers.ListField(
        child=serializers.ChoiceField(choices=TransportMode.choices), max_length=5, required=False
    )
    max_distance_km = FiniteFloatField(required=False, allow_null=True)
    storage_days = FiniteFloatField(required=False, allow_null=True)


# Field path in the API → column; where both have one name, the block alone decides.
BLOCKS: dict[str, dict[str, str]] = {
    "quantity": {name: name for name in ("amount", "unit", "per", "precision_level", "min_amount")},
    "quality": {
        **{f"{name}.{end}": f"{name}_{end}" for name in QUALITY_RANGES for end in ("min", "max")},
        "contaminants_mg_kg": "contaminants",
        "hazardous": "hazardous",
        "waste_code": "waste_code",
    },
    "temporal_profile": {
        name: name for name in ("pattern", "hours_of_week", "months", "valid_from", "valid_to")
    },
    "pricing": {name: name for name in ("price_per_unit", "currency", "current_cost_per_unit")},
    "logistics": {name: name for name in ("methods", "max_distance_km", "storage_days")},
}
PATHS = {
    column: f"{block}.{path}" for block, fields in BLOCKS.items() for path, column in fields.items()
} | {
    "contaminants_mg_kg": "quality.contaminants_mg_kg",
    "quantity_per_year": "quantity.amount",
    "min_quantity_per_year": "quantity.min_amount",
    "site": "site_id",
}
# Constraints speak of a field or block, too.
CONSTRAINT_PATHS = {
    "amount_is_positive": "quantity.amount",
    "quantity_is_plausible": "quantity.amount",
    "min_amount_fits": "quantity.min_amount",
    "costs_are_plausible": "pricing",
    "validity_is_a_period": "temporal_profile.valid_to",
    "months_exist": "temporal_profile.months",
    "distance_is_on_earth": "logistics.max_distance_km",
    "storage_is_plausible": "logistics.storage_days",
    **{f"{name}_is_a_range": f"quality.{name}" for name in QUALITY_RANGES},
}


def errors_by_path(error: ValidationError) -> dict[str, list[str]]:
    """Return what a service complains about, by field path of the API."""
    if hasattr(error, "error_dict"):
        return {PATHS.get(name, name): messages for name, messages in error.message_dict.items()}
    # A constraint has no field, but its name tells what it speaks of.
    errors: dict[str, list[str]] = {}
    for one in error.error_list:
        name = str(one.code or "").removeprefix("organizations_resourceflow_")
        errors.setdefault(CONSTRAINT_PATHS.get(name, "non_field_errors"), []).extend(one.messages)
    return errors


class ResourceFlowSerializer(StrictSerializer):
    """
    What leaves a site (output) or is needed there (input).

    A PATCH changes what it names, inside the nested objects too; `quality.contaminants_mg_kg` is
    replaced as a whole.
    """

    id = serializers.UUIDField(read_only=True)
    organization_id = serializers.UUIDField(read_only=True)
    site_id = serializers.UUIDField()
    resource_type = serializers.SlugRelatedField(
        slug_field="code",
        queryset=ResourceType.objects.all(),
        error_messages={
            "does_not_exist": _("There is no resource type “{value}”; see /api/v1/resource-types.")
        },
    )
    direction = serializers.ChoiceField(choices=ResourceFlow.Direction.choices)
    name = TextField(max_length=200)
    description = TextField(max_length=5000, required=False, allow_blank=True)
    status = serializers.ChoiceField(choices=ResourceFlow.Status.choices, required=False)
    visibility = serializers.ChoiceField(
        choices=ResourceFlow._meta.get_field("visibility").choices, required=False
    )
    figures_are_exact = serializers.BooleanField(
        read_only=True,
        help_text="False: amounts have one significant digit, ranges of quality are wider, and "
        "what is paid today is null, until the organization discloses more to the caller.",
    )
    quantity = QuantitySerializer()
    quality = QualitySerializer(required=False)
    temporal_profile = TemporalProfileSerializer(required=False)
    pricing = PricingSerializer(required=False)
    logistics = LogisticsSerializer(required=False)
    location = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_location(self, flow: ResourceFlow) -> dict[str, Any]:
        return {"type": "Point", "coordinates": [flow.location.x, flow.location.y]}

    def viewpoint(self) -> Viewpoint:
        """Of the caller, asked once for all flows of a list."""
        if "viewpoint" not in self.context:
            request = self.context.get("request")
            self.context["viewpoint"] = Viewpoint(request.user if request else AnonymousUser())
        return self.context["viewpoint"]

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return columns, as the services take them."""
        values = super().to_internal_value(data)
        columns: dict[str, Any] = {}
        for name, value in values.items():
            if name in BLOCKS:
                columns |= _columns_of(name, value)
            else:
                columns[name] = value
        return columns

    def to_representation(self, flow: ResourceFlow) -> dict[str, Any]:
        viewpoint = self.viewpoint()
        flow = viewpoint.shown(flow)
        told = self._told(flow, sees_contracts=viewpoint.is_inside(flow))
        if len(self.fields) != len(told):
            # The caller asks for less, or for more.
            told = {name: told[name] for name in self.fields if name in told}
            if "expanded" in self.fields:
                told["expanded"] = self.fields["expanded"].to_representation(flow)
        return told

    def _told(self, flow: ResourceFlow, *, sees_contracts: bool) -> dict[str, Any]:
        return {
            "id": flow.pk,
            "organization_id": flow.organization_id,
            "site_id": flow.site_id,
            "direction": flow.direction,
            "name": flow.name,
            "description": flow.description,
            "resource_type": flow.resource_type.code,
            "status": flow.status,
            "visibility": flow.visibility,
            "figures_are_exact": flow.figures_are_exact,
            "quantity": {
                "amount": _plain(flow.amount),
                "unit": flow.unit,
                "per": flow.per,
                "precision_level": flow.precision_level,
                "min_amount": _plain(flow.min_amount),
                "canonical": {
                    "amount_per_year": flow.quantity_per_year,
                    "reserved_per_year": flow.reserved_per_year if sees_contracts else None,
                    "unit": flow.resource_type.unit,
                },
            },
            "quality": {
                **{name: _range_of(flow, name) for name in QUALITY_RANGES},
                "contaminants_mg_kg": {
                    content.substance: content.mg_per_kg for content in flow.contaminants.all()
                },
                "hazardous": flow.hazardous,
                "waste_code": flow.waste_code,
            },
            "temporal_profile": {
                "pattern": flow.pattern,
                "hours_of_week": flow.hours_of_week.ranges(),
                "months": flow.months,
                "valid_from": flow.valid_from,
                "valid_to": flow.valid_to,
            },
            "pricing": {
                "price_per_unit": _plain(flow.price_per_unit),
                "currency": flow.currency_id,
                "current_cost_per_unit": _plain(flow.current_cost_per_unit),
            },
            "logistics": {
                "methods": flow.methods,
                "max_distance_km": flow.max_distance_km,
                "storage_days": flow.storage_days,
            },
            "location": self.get_location(flow),
            "created_at": flow.created_at,
            "updated_at": flow.updated_at,
        }


def _columns_of(block: str, values: Mapping[str, Any] | None) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for path, column in BLOCKS[block].items():
        name, _dot, end = path.partition(".")
        if values is None or name not in values:
            continue
        value = values[name]
        if not end:
            columns[column] = value
        elif value is None:
            columns[column] = None
        elif end in value:
            columns[column] = value[end]
    return columns


def _range_of(flow: ResourceFlow, name: str) -> dict[str, float] | None:
    low, high = getattr(flow, f"{name}_min"), getattr(flow, f"{name}_max")
    return None if low is None and high is None else {"min": low, "max": high}


def _plain(value: Decimal | int | float | None) -> float | None:
    return None if value is None else float(value)
