"""Matches, direct symbiosis, runs and queries as JSON."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from matching.engine.arrays import MODES
from matching.engine.near_misses import RULES
from matching.models import Category, Match, MatchCluster, MatchingRun
from matching.together import KINDS
from organizations.models import Conversion, ResourceFlow
from turash.api.fields import AreaField, PointField, RouteField, StrictSerializer, TextField


class PartnerSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class FactorsSerializer(serializers.Serializer):
    quality = serializers.FloatField()
    temporal = serializers.FloatField()
    quantity = serializers.FloatField()
    economic = serializers.FloatField()
    spatial = serializers.FloatField()
    trust = serializers.FloatField()
    regulatory = serializers.FloatField()


class FigureRangeSerializer(serializers.Serializer):
    low = serializers.FloatField()
    high = serializers.FloatField()


class FigureRangesSerializer(serializers.Serializer):
    """How far figures may be off, by how precisely both sides know their amounts."""

    quantity_per_year = FigureRangeSerializer()
    investment_eur = FigureRangeSerializer()
    savings_eur_per_year = FigureRangeSerializer()
    net_present_value_eur = FigureRangeSerializer()
    co2_avoided_t_per_year = FigureRangeSerializer()


IS_EXACT = (
    "False: the other side does not disclose its exact figures yet; these follow from rounded ones."
)


class DirectMatchSerializer(serializers.Serializer):
    """A match as one of its organizations sees it."""

    match_id = serializers.UUIDField()
    partner = PartnerSerializer()
    resource_type = serializers.CharField()
    our_flow_id = serializers.UUIDField()
    their_flow_id = serializers.UUIDField()
    distance_m = serializers.FloatField()
    quantity = serializers.FloatField(help_text="Canonical units per year.")
    unit = serializers.CharField()
    score = serializers.FloatField()
    factors = FactorsSerializer()
    savings_eur_per_year = serializers.FloatField()
    co2_avoided_t_per_year = serializers.FloatField()

    def __init__(self, *args: Any, organization_id: UUID | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organization_id = organization_id

    def to_representation(self, match: Match) -> dict[str, Any]:
        ours, theirs = match.output, match.input
        if ours.organization_id != self.organization_id:
            ours, theirs = theirs, ours
        return {
            "match_id": match.pk,
            "partner": {"id": theirs.organization_id, "name": theirs.organization.name},
            "resource_type": match.output.resource_type.code,
            "our_flow_id": ours.pk,
            "their_flow_id": theirs.pk,
            "distance_m": match.distance_m,
            "quantity": match.quantity_per_year,
            "unit": match.output.resource_type.unit,
            "score": match.score,
            "factors": match.factors,
            "savings_eur_per_year": float(match.savings_eur_per_year),
            "co2_avoided_t_per_year": match.co2_avoided_t_per_year,
        }


class DirectSymbiosisSerializer(serializers.Serializer):
    organization_id = serializers.UUIDField()
    providers = DirectMatchSerializer(
        many=True, help_text="Organizations whose outputs fit our inputs."
    )
    consumers = DirectMatchSerializer(
        many=True, help_text="Organizations whose inputs fit our outputs."
    )


def _money() -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=34, decimal_places=2)


class FlowOfMatchSerializer(serializers.ModelSerializer):
    organization = PartnerSerializer()
    resource_type = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = ResourceFlow
        fields = ["id", "name", "direction", "resource_type", "organization"]


class MatchSerializer(serializers.ModelSerializer):
    """A match with both of its flows."""

    output = FlowOfMatchSerializer()
    input = FlowOfMatchSerializer()
    factors = FactorsSerializer()
    quantity = serializers.FloatField(
        source="quantity_per_year", help_text="Canonical units per year."
    )
    unit = serializers.CharField(source="output.resource_type.unit")
    shared_hours_per_year = serializers.FloatField()
    transport = serializers.ChoiceField(choices=MODES)
    avoided_purchase_eur_per_year = _money()
    avoided_disposal_eur_per_year = _money()
    transport_eur_per_year = _money()
    investment_eur = _money()
    annuity_eur_per_year = _money()
    maintenance_eur_per_year = _money()
    savings_eur_per_year = _money()
    net_present_value_eur = _money()
    payback_years = serializers.FloatField(allow_null=True)
    internal_rate_of_return = serializers.FloatField(allow_null=True)
    co2_avoided_t_per_year = serializers.FloatField()
    ranges = serializers.SerializerMethodField()
    is_exact = serializers.BooleanField(help_text=IS_EXACT)
    weights = serializers.SerializerMethodField(
        help_text="Of the factors in the score, now; they add up to 1."
    )
    route = RouteField()

    class Meta:
        model = Match
        fields = [
            "id",
            "output",
            "input",
            "score",
            "factors",
            "weights",
            "distance_m",
            "quantity",
            "unit",
            "shared_hours_per_year",
            "transport",
            "avoided_purchase_eur_per_year",
            "avoided_disposal_eur_per_year",
            "transport_eur_per_year",
            "investment_eur",
            "annuity_eur_per_year",
            "maintenance_eur_per_year",
            "savings_eur_per_year",
            "net_present_value_eur",
            "payback_years",
            "internal_rate_of_return",
            "co2_avoided_t_per_year",
            "ranges",
            "is_exact",
            "route",
        ]

    @extend_schema_field(FigureRangesSerializer)
    def get_ranges(self, match: Match) -> Any:
        return FigureRangesSerializer(self.context["ranges"][match.pk]).data

    @extend_schema_field(FactorsSerializer)
    def get_weights(self, match: Match) -> Any:
        return self.context["weights"]


class ReasonSerializer(serializers.Serializer):
    """A rule that fails, and by how much."""

    rule = serializers.ChoiceField(choices=RULES)
    gap = serializers.FloatField(
        allow_null=True,
        help_text="What is missing to what the other side states, negative: too low; of a "
        "contaminant how many times its limit. Null for hours, months and hazardous.",
    )
    unit = serializers.CharField(help_text="Of the gap; empty: none.")
    text = serializers.CharField(help_text="The same in words, in the caller's language.")


class NearMissSerializer(serializers.Serializer):
    """A flow that nearly fits, and what stands in the way."""

    flow = FlowOfMatchSerializer()
    distance_m = serializers.FloatField()
    reasons = ReasonSerializer(many=True)


class OutcomeSerializer(serializers.Serializer):
    """What an exchange of a quantity costs and brings, and how well the sides fit."""

    score = serializers.FloatField()
    factors = FactorsSerializer()
    quantity = serializers.FloatField(
        source="quantity_per_year", help_text="Canonical units per year."
    )
    avoided_purchase_eur_per_year = serializers.FloatField()
    avoided_disposal_eur_per_year = serializers.FloatField()
    transport_eur_per_year = serializers.FloatField()
    investment_eur = serializers.FloatField()
    annuity_eur_per_year = serializers.FloatField()
    maintenance_eur_per_year = serializers.FloatField()
    savings_eur_per_year = serializers.FloatField()
    net_present_value_eur = serializers.FloatField()
    payback_years = serializers.FloatField(allow_null=True)
    co2_avoided_t_per_year = serializers.FloatField()


class PartSerializer(serializers.Serializer):
    """What one partner exchanges, and what its part costs and brings."""

    flow = FlowOfMatchSerializer()
    distance_m = serializers.FloatField()
    share_of_flow = serializers.FloatField(help_text="Of the amount of the flow asked about, 0–1.")
    share_of_partner = serializers.FloatField(help_text="Of the partner's amount, 0–1.")
    outcome = OutcomeSerializer()


class CombinationSerializer(serializers.Serializer):
    """Partners that together save most for a flow."""

    kind = serializers.ChoiceField(
        choices=KINDS, help_text="Several outputs for an input, or several inputs for an output."
    )
    unit = serializers.CharField(help_text="Of all quantities, per year.")
    covered = serializers.FloatField(
        help_text="Share of the flow's amount that all parts add up to, 0–1."
    )
    whole = OutcomeSerializer()
    parts = PartSerializer(many=True, help_text="First who saves most per unit.")


class ConversionOfChainSerializer(serializers.ModelSerializer):
    organization = PartnerSerializer(source="site.organization")
    from_type = serializers.SlugRelatedField(slug_field="code", read_only=True)
    to_type = serializers.SlugRelatedField(slug_field="code", read_only=True)

    class Meta:
        model = Conversion
        fields = ["id", "name", "organization", "from_type", "to_type", "yield_per_unit", "source"]


class LegSerializer(serializers.Serializer):
    """One of the two exchanges of a chain, as a pair by itself."""

    distance_m = serializers.FloatField()
    outcome = OutcomeSerializer()


class ChainSerializer(serializers.Serializer):
    """An output that is converted, and the input that the product serves."""

    output = FlowOfMatchSerializer()
    conversion = ConversionOfChainSerializer()
    input = FlowOfMatchSerializer()
    first = LegSerializer(help_text="What is taken, in units of the type taken.")
    second = LegSerializer(help_text="What is made, in units of the type made.")
    conversion_eur_per_year = serializers.FloatField()
    whole = OutcomeSerializer(help_text="Its quantity is what is made.")


class MatchClusterSerializer(serializers.ModelSerializer):
    """An area of many matches, with the sums of what could be exchanged there together."""

    name = serializers.CharField(help_text="What is exchanged where, in the reader's language.")
    resource_type = serializers.SlugRelatedField(slug_field="code", read_only=True)
    area = AreaField()
    centre = PointField()
    quantity = serializers.FloatField(
        source="quantity_per_year", help_text="Canonical units per year."
    )
    unit = serializers.CharField(source="resource_type.unit")

    class Meta:
        model = MatchCluster
        fields = [
            "id",
            "name",
            "resource_type",
            "place",
            "area",
            "centre",
            "match_count",
            "organization_count",
            "exchange_count",
            "quantity",
            "unit",
            "savings_eur_per_year",
            "co2_avoided_t_per_year",
            "computed_at",
        ]


class DismissalSerializer(StrictSerializer):
    reason = TextField(max_length=500)
    category = serializers.ChoiceField(
        choices=Category.choices, required=False, help_text="The reason in a word."
    )
    organization_id = serializers.UUIDField(
        required=False, help_text="Needed by who edits for both sides."
    )


class PartitionCountsSerializer(serializers.Serializer):
    """How many parts of the work are in which state."""

    queued = serializers.IntegerField()
    running = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()


class JobSerializer(serializers.ModelSerializer):
    """A matching run and how far it has got."""

    kind = serializers.SerializerMethodField()
    partitions = PartitionCountsSerializer(source="partitions.count_by_status", read_only=True)
    organization_id = serializers.UUIDField(
        allow_null=True, help_text="Null: of more than one, or of all."
    )
    resource_type = serializers.SlugRelatedField(
        slug_field="code",
        source="root_type",
        read_only=True,
        allow_null=True,
        help_text="The tree of types whose matches it computes; null: of any type.",
    )
    bbox = serializers.ListField(
        child=serializers.FloatField(),
        read_only=True,
        allow_null=True,
        help_text="The box whose flows it matches: west, south, east, north in degrees.",
    )

    class Meta:
        model = MatchingRun
        fields = [
            "id",
            "kind",
            "organization_id",
            "resource_type",
            "bbox",
            "status",
            "done_count",
            "total_count",
            "partitions",
            "match_count",
            "found_count",
            "lost_count",
            "error",
            "created_at",
            "started_at",
            "finished_at",
        ]

    def get_kind(self, run: MatchingRun) -> str:
        return "matching_run"
