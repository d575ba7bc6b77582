"""Plans, what they choose and what it means, as JSON."""

from typing import Any
from uuid import UUID

from django.contrib.gis.geos import MultiPolygon
from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from matching.engine.arrays import MODES
from organizations.models import ResourceFlow, ResourceType
from plans.models import Objective, Plan, PlannedExchange, PlannedFlow
from plans.models.area import parse_area
from plans.models.plan import LONGEST_LIMIT_S, MOST_CITIES, MOST_SAMPLES
from plans.services.proposing import MOST_AT_ONCE, suggested_price
from plans.services.requesting import MOST_RULES
from plans.services.supposing import MOST_CLOSED, closed_in
from plans.shares import shares_of
from turash.api.fields import (
    AreaField,
    FiniteFloatField,
    PointField,
    RouteField,
    StrictSerializer,
    TextField,
    TrueFalseField,
)

AMOUNTS = ("available_per_year", "used_per_year", "left_per_year", "used_share")


class SupposedFlowSerializer(StrictSerializer):
    """What a supposed plant would give or need; what is left out is not known."""

    name = TextField(max_length=200, required=False)
    direction = serializers.ChoiceField(choices=ResourceFlow.Direction.choices)
    resource_type = serializers.SlugRelatedField(
        slug_field="code", queryset=ResourceType.objects.all()
    )
    quantity_per_year = FiniteFloatField(min_value=0, help_text="In the type's canonical unit.")
    temperature_celsius_min = FiniteFloatField(required=False, allow_null=True)
    temperature_celsius_max = FiniteFloatField(required=False, allow_null=True)
    cost_eur_per_unit = FiniteFloatField(
        required=False,
        allow_null=True,
        help_text="An input: paid for what is replaced; an output: paid for disposal.",
    )


class PlantSerializer(StrictSerializer):
    """A plant that nobody has built."""

    name = TextField(max_length=200)
    location = PointField()
    flows = SupposedFlowSerializer(many=True)


@extend_schema_field(
    {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
            "coordinates": {"type": "array", "items": {"type": "array", "items": {}}},
        },
    }
)
class AreaInputField(AreaField):
    """An area as a GeoJSON Polygon or MultiPolygon: 1,000 corners and 5,000,000 km² at most."""

    def to_internal_value(self, data: Any) -> MultiPolygon:
        try:
            return parse_area(data)
        except ValidationError as error:
            raise serializers.ValidationError(error.messages) from error


class PlanRequestSerializer(StrictSerializer):
    """
    What to plan. All but the name may be left out.

    Of a scenario of another plan, what is left out is as in the other.
    """

    name = TextField(max_length=100)
    organization_id = serializers.UUIDField(
        required=False, help_text="Its matches alone. Without: of all, for facilitators."
    )
    scenario_of_id = serializers.UUIDField(required=False)
    bbox = serializers.ListField(
        child=serializers.FloatField(min_value=-180, max_value=180),
        min_length=4,
        max_length=4,
        required=False,
        help_text="West, south, east, north in degrees: both flows lie inside.",
    )
    area = AreaInputField(required=False, help_text="Both flows lie inside.")
    cities = serializers.ListField(
        child=TextField(max_length=100),
        max_length=MOST_CITIES,
        required=False,
        help_text="Both flows lie in one of these, as sites are written.",
    )
    resource_type = TextField(
        max_length=60, required=False, help_text="Code of a type; its descendants count, too."
    )
    objective = serializers.ChoiceField(choices=Objective.choices, required=False)
    co2_price_eur_per_t = serializers.FloatField(
        min_value=0, max_value=100_000, required=False, help_text="Counts in the mix."
    )
    energy_price_pct = serializers.FloatField(
        min_value=0,
        max_value=1000,
        required=False,
        help_text="Prices of energy and gases, 100: as they are.",
    )
    max_distance_km = serializers.FloatField(min_value=0.001, max_value=20_040, required=False)
    min_share_pct = serializers.FloatField(
        min_value=0,
        max_value=100,
        required=False,
        help_text="No exchange of less than this part of what the pair could exchange.",
    )
    budget_eur = serializers.DecimalField(
        max_digits=16, decimal_places=2, min_value=0, required=False
    )
    has_fixed_costs = TrueFalseField(
        required=False, help_text="False: pipes cost in proportion to the quantity."
    )
    shares_trenches = TrueFalseField(required=False)
    is_blended = TrueFalseField(
        required=False,
        help_text="An input takes any mix within its limits of contaminants.",
    )
    sample_count = serializers.IntegerField(
        min_value=0,
        max_value=MOST_SAMPLES,
        required=False,
        help_text="10 to 100: choose what holds best over samples of uncertain amounts; 0: none.",
    )
    time_limit_s = serializers.IntegerField(
        min_value=1, max_value=LONGEST_LIMIT_S, required=False, help_text="For each part."
    )
    must = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_RULES,
        required=False,
        help_text="Matches that exchange all they can.",
    )
    never = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_RULES, required=False
    )

    closed = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=MOST_CLOSED,
        required=False,
        help_text="Organizations, sites or flows that the plan does without.",
    )
    plants = PlantSerializer(many=True, required=False, help_text="Plants that might come.")


class PlanSerializer(serializers.ModelSerializer):
    """A plan, how far it has got, and its sums; EUR and t CO2e a year unless named otherwise."""

    organization_id = serializers.UUIDField(allow_null=True, help_text="Null: of all.")
    scenario_of_id = serializers.UUIDField(allow_null=True)
    bbox = serializers.ListField(child=serializers.FloatField(), read_only=True, allow_null=True)
    area = AreaField(read_only=True, allow_null=True)
    resource_type = serializers.SlugRelatedField(slug_field="code", read_only=True)
    budget_eur = serializers.FloatField(allow_null=True)
    unit = serializers.CharField(read_only=True, help_text="Of value, bound, prices and gains.")
    gap = serializers.FloatField(
        read_only=True,
        allow_null=True,
        help_text="Share of the bound by which the value may fall short of the best.",
    )

    class Meta:
        model = Plan
        fields = [
            "id", "name", "organization_id", "scenario_of_id", "status", "bbox", "area", "cities",
            "resource_type", "objective", "co2_price_eur_per_t", "energy_price_pct",
            "max_distance_km", "min_share_pct", "budget_eur", "has_fixed_costs", "shares_trenches",
            "is_blended", "sample_count", "time_limit_s", "done_count", "total_count", "error",
            "created_at", "started_at",
            "finished_at", "unit", "value", "bound", "gap", "budget_price", "exchange_count",
            "savings_eur_per_year", "co2_avoided_t_per_year", "investment_eur",
            "trench_saving_eur_per_year", "sampled_count", "expected_value", "worst_value",
            "expected_bound",
        ]  # fmt: skip


class PlanShareSerializer(serializers.Serializer):
    """What an organization has of a plan, each side of an exchange bearing half of its costs."""

    organization_id = serializers.UUIDField(
        source="organization", allow_null=True, help_text="Null: a supposed plant."
    )
    name = serializers.CharField()
    avoided_eur_per_year = serializers.FloatField(
        allow_null=True, help_text="Null: for its members and facilitators to know."
    )
    investment_eur = serializers.FloatField(source="invested_eur")
    proportional_gain = serializers.FloatField(help_text="Half of what each exchange is worth.")
    fair_gain = serializers.FloatField(
        allow_null=True, help_text="Shapley value; null: the coalition is too large to tell."
    )
    standard_error = serializers.FloatField(
        allow_null=True, help_text="Of the Shapley value where it is sampled; 0: exact."
    )


class PlanDetailSerializer(PlanSerializer):
    """A plan with each organization's part in it, who gains most first."""

    shares = serializers.SerializerMethodField()
    closed = serializers.SerializerMethodField(help_text="What closes in this scenario.")
    plants = serializers.SlugRelatedField(
        source="supposed_sites", slug_field="name", many=True, read_only=True,
        help_text="The names of the plants that are supposed to come.",
    )  # fmt: skip

    class Meta(PlanSerializer.Meta):
        fields = [*PlanSerializer.Meta.fields, "closed", "plants", "shares"]

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_closed(self, plan: Plan) -> list[UUID]:
        return closed_in(plan)

    @extend_schema_field(PlanShareSerializer(many=True))
    def get_shares(self, plan: Plan) -> list[dict[str, Any]]:
        viewer = self.context["request"].user
        return PlanShareSerializer(shares_of(plan, viewer=viewer), many=True).data


class FlowOfPlanSerializer(serializers.Serializer):
    """A flow; of a supposed plant, the ids are those of the plan's own supposition."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    organization_id = serializers.UUIDField()
    organization = serializers.CharField(source="organization.name")
    site = serializers.CharField(source="site.name")


class PlannedExchangeSerializer(serializers.ModelSerializer):
    """An exchange that the plan chooses, or that is under contract."""

    match_id = serializers.UUIDField(allow_null=True, help_text="Null: a side is supposed.")
    is_supposed = serializers.BooleanField()
    resource_type = serializers.CharField(source="output.resource_type.code")
    unit = serializers.CharField(source="output.resource_type.unit")
    output = FlowOfPlanSerializer()
    input = FlowOfPlanSerializer()
    quantity = serializers.FloatField(source="quantity_per_year")
    transport = serializers.ChoiceField(choices=MODES)
    suggested_price_eur_per_unit = serializers.SerializerMethodField(
        help_text="What the recipient would pay so that both gain alike."
    )
    proposal_id = serializers.UUIDField(allow_null=True)
    route = RouteField()

    class Meta:
        model = PlannedExchange
        fields = [
            "match_id", "resource_type", "unit", "output", "input", "is_contracted", "must_be",
            "is_mixed", "is_supposed", "chosen_share", "distance_m", "transport", "quantity",
            "savings_eur_per_year",
            "co2_avoided_t_per_year", "investment_eur", "suggested_price_eur_per_unit",
            "proposal_id", "route",
        ]  # fmt: skip

    def get_suggested_price_eur_per_unit(self, exchange: PlannedExchange) -> float:
        return round(suggested_price(exchange), 4)


class PlannedFlowSerializer(serializers.ModelSerializer):
    """A flow of the region: how much the plan uses, and what more of it would be worth."""

    flow_id = serializers.UUIDField()
    name = serializers.CharField(source="flow.name")
    direction = serializers.ChoiceField(
        choices=ResourceFlow.Direction.choices, source="flow.direction"
    )
    organization = serializers.CharField(source="flow.organization.name")
    organization_id = serializers.UUIDField(source="flow.organization_id")
    resource_type = serializers.CharField(source="flow.resource_type.code")
    unit = serializers.CharField(source="flow.resource_type.unit")
    available_per_year = serializers.FloatField(
        allow_null=True, help_text="Null, as what follows: for its own organization to know."
    )
    used_per_year = serializers.FloatField(allow_null=True)
    left_per_year = serializers.FloatField(
        allow_null=True,
        help_text="Of an output: what nobody takes; of an input: what is still needed.",
    )
    used_share = serializers.FloatField(allow_null=True, help_text="0 to 1.")
    price = serializers.FloatField(
        help_text="At most so much more is the plan worth with one more unit, in the plan's unit."
    )

    class Meta:
        model = PlannedFlow
        fields = [
            "flow_id", "name", "direction", "organization_id", "organization", "resource_type",
            "unit", "available_per_year", "used_per_year", "left_per_year", "used_share", "price",
        ]  # fmt: skip

    def to_representation(self, instance: PlannedFlow) -> dict[str, Any]:
        row = super().to_representation(instance)
        told = self.context["told"]
        if told is not None and instance.flow.organization_id not in told:
            row |= dict.fromkeys(AMOUNTS)
        return row


class ProposeSerializer(StrictSerializer):
    from_org_id = serializers.UUIDField()
    match_ids = serializers.ListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_AT_ONCE
    )


class RefusedSerializer(serializers.Serializer):
    match_id = serializers.UUIDField()
    reason = serializers.CharField()


class ProposedSerializer(serializers.Serializer):
    """The new proposals, and why others could not be made."""

    proposal_ids = serializers.ListField(child=serializers.UUIDField())
    refused = RefusedSerializer(many=True)
