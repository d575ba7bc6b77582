"""Deliveries, declarations and outcomes as JSON."""

from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exchanges.csv_reading import month_of
from exchanges.models import Declaration, Delivery, ExchangeFactors
from exchanges.outcomes import FIGURES
from turash.api.fields import StrictSerializer, TextField


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-\d{2}$", "example": "2026-03"})
class MonthField(serializers.Field):
    """A month: `2026-03`."""

    default_error_messages = {"invalid": _("Give a month such as 2026-03.")}

    def to_internal_value(self, data: Any) -> date:
        month = month_of(data) if isinstance(data, str) and len(data) == 7 else None
        if month is None:
            self.fail("invalid")
        return month

    def to_representation(self, value: date) -> str:
        return f"{value:%Y-%m}"


class DeliverySerializer(serializers.ModelSerializer):
    month = MonthField()
    reported_by_org_id = serializers.UUIDField(source="reported_for_id")
    confirmed_by_org_id = serializers.UUIDField(source="confirmed_for_id", allow_null=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "month",
            "quantity",
            "note",
            "reported_by_org_id",
            "reported_at",
            "confirmed_by_org_id",
            "confirmed_at",
        ]


class DeliveryRequestSerializer(StrictSerializer):
    """`quantity` in canonical units of the resource; a month reported before is replaced."""

    month = MonthField()
    quantity = serializers.DecimalField(max_digits=20, decimal_places=6, min_value=0)
    note = TextField(max_length=500, required=False, allow_blank=True)


class ConfirmedQuantitySerializer(StrictSerializer):
    quantity = serializers.DecimalField(
        max_digits=20,
        decimal_places=6,
        help_text="What is confirmed; 409 if another quantity was reported meanwhile.",
    )


class DeclarationSerializer(serializers.ModelSerializer):
    organization_id = serializers.UUIDField()
    month = MonthField()

    class Meta:
        model = Declaration
        fields = [
            "id",
            "organization_id",
            "month",
            "jobs",
            "private_investment_eur",
            "note",
            "declared_at",
        ]


class DeclarationRequestSerializer(StrictSerializer):
    """What one's own side declares for a month; replaces what it declared before."""

    month = MonthField()
    jobs = serializers.DecimalField(max_digits=8, decimal_places=1, required=False)
    private_investment_eur = serializers.DecimalField(
        max_digits=16, decimal_places=2, required=False
    )
    note = TextField(max_length=500, required=False, allow_blank=True)
    organization_id = serializers.UUIDField(
        required=False, help_text="Where the caller belongs to both sides."
    )


class FigureSerializer(serializers.Serializer):
    key = serializers.ChoiceField(choices=[(figure.key, figure.label) for figure in FIGURES])
    label = serializers.CharField()
    unit = serializers.CharField(allow_blank=True)


class TotalSerializer(FigureSerializer):
    reported = serializers.FloatField()
    verified = serializers.FloatField(
        allow_null=True, help_text="Of months that the other side has confirmed; null: declared."
    )


class ComparisonSerializer(FigureSerializer):
    planned = serializers.FloatField(allow_null=True, help_text="From going live until now.")
    reported = serializers.FloatField(allow_null=True)
    verified = serializers.FloatField(allow_null=True)


class MonthlySerializer(serializers.Serializer):
    """The figures that follow from deliveries; `verified_…` of each."""

    month = MonthField()

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        for figure in FIGURES:
            if figure.per_unit:
                fields[figure.key] = serializers.FloatField()
                fields[f"verified_{figure.key}"] = serializers.FloatField()
        return fields


class OutcomesSerializer(serializers.Serializer):
    figures = TotalSerializer(many=True)
    months = MonthlySerializer(many=True)


class ProgressMonthSerializer(serializers.Serializer):
    month = MonthField()
    planned = serializers.FloatField(allow_null=True)
    delivered = serializers.FloatField(allow_null=True)
    is_confirmed = serializers.BooleanField()


class ProgressSerializer(serializers.Serializer):
    """An exchange: quantities in `unit`."""

    unit = serializers.CharField()
    basis = serializers.ChoiceField(choices=ExchangeFactors.Basis.choices, allow_null=True)
    live_since = serializers.DateField(allow_null=True)
    planned_per_year = serializers.FloatField(allow_null=True)
    months = ProgressMonthSerializer(many=True)
    figures = ComparisonSerializer(many=True)
