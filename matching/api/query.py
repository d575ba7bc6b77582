"""What would match a flow that is not stored: `/matching/query`."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.gis.geos import Point
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import exceptions, generics, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from matching.api.serializers import DirectMatchSerializer
from matching.engine.parameters import FACTORS
from matching.hypothetical import MOST_RESULTS, Constraints, Found, find_matches
from organizations import services as organization_services
from organizations.api.flow_serializers import ResourceFlowSerializer, errors_by_path
from organizations.models import Organization, ResourceFlow, Site
from turash import rate_limits
from turash.api.fields import FiniteFloatField, PointField, StrictSerializer, TextField
from turash.errors import InvalidInput

LIMIT = rate_limits.Limit("matching_query", burst=30, refill=timedelta(seconds=2))
LARGEST_SUM_EUR = 1e12
# The owner of a flow that belongs to nobody.
NOBODY = UUID(int=0)


class QueriedFlowSerializer(ResourceFlowSerializer):
    """A flow as in `/resource-flows`, of which nothing needs to be stored."""

    organization_id = serializers.UUIDField(
        required=False,
        help_text="One of the caller's organizations; without it nobody vouches for the flow.",
    )
    site_id = serializers.UUIDField(
        required=False, help_text="A site of the caller's: its place, country and permit count."
    )
    name = TextField(max_length=200, required=False)


class ConstraintsSerializer(StrictSerializer):
    max_distance_km = FiniteFloatField(required=False, min_value=0, max_value=20_040)
    min_score = FiniteFloatField(required=False, min_value=0, max_value=1)
    min_savings_eur_per_year = FiniteFloatField(
        required=False, min_value=-LARGEST_SUM_EUR, max_value=LARGEST_SUM_EUR
    )
    min_overlap_hours_per_week = FiniteFloatField(required=False, min_value=0, max_value=168)
    subtypes = serializers.ListField(
        child=serializers.ChoiceField(choices=Organization.Subtype.choices),
        required=False,
        max_length=len(Organization.Subtype),
    )
    sectors = serializers.ListField(
        child=TextField(max_length=8),
        required=False,
        max_length=50,
        help_text="NACE codes, or how they begin.",
    )
    max_results = serializers.IntegerField(required=False, min_value=1, max_value=MOST_RESULTS)


class WeightsSerializer(StrictSerializer):
    """Of the factors in the score; who is not named weighs what it does now."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {
            name: FiniteFloatField(required=False, min_value=0, max_value=1000) for name in FACTORS
        }

    def validate(self, attrs: dict[str, float]) -> dict[str, float]:
        if len(attrs) == len(FACTORS) and not any(attrs.values()):
            raise serializers.ValidationError(_("At least one factor has to weigh something."))
        return attrs


class MatchingQuerySerializer(StrictSerializer):
    """A flow, where it would be, and what is wanted of its matches."""

    resource = QueriedFlowSerializer()
    location = PointField(required=False, help_text="Needed where `resource` names no site.")
    constraints = ConstraintsSerializer(required=False)
    weights = WeightsSerializer(required=False)


class QueriedMatchSerializer(DirectMatchSerializer):
    """As in direct symbiosis; nothing is stored, so `match_id` and `our_flow_id` are null."""

    match_id = serializers.UUIDField(allow_null=True)
    our_flow_id = serializers.UUIDField(allow_null=True)

    def to_representation(self, found: Found) -> dict[str, Any]:  # type: ignore[override]
        theirs, outcome = found.flow, found.outcome
        is_output = theirs.direction == ResourceFlow.Direction.OUTPUT
        offered = theirs.resource_type if is_output else self.context["resource_type"]
        return {
            "match_id": None,
            "partner": {"id": theirs.organization_id, "name": theirs.organization.name},
            "resource_type": offered.code,
            "our_flow_id": None,
            "their_flow_id": theirs.pk,
            "distance_m": found.distance_m,
            "quantity": outcome.quantity_per_year,
            "unit": offered.unit,
            "score": outcome.score,
            "factors": outcome.factors,
            "savings_eur_per_year": outcome.savings_eur_per_year,
            "co2_avoided_t_per_year": outcome.co2_avoided_t_per_year,
        }


EXAMPLE = {
    "resource": {
        "resource_type": "heat.hot_water",
        "direction": "output",
        "quantity": {"amount": 2, "unit": "GWh", "per": "year"},
        "quality": {"temperature_celsius": {"min": 70, "max": 90}},
    },
    "location": {"type": "Point", "coordinates": [11.09, 55.68]},
    "constraints": {"max_distance_km": 5, "min_score": 0.5, "max_results": 10},
    "weights": {"economic": 0.4},
}


class MatchingQueryView(generics.GenericAPIView):
    """What would match a flow that is not stored, and is not stored by asking."""

    permission_classes = [permissions.IsAuthenticated]
    is_read = True
    serializer_class = MatchingQuerySerializer
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(
        request=MatchingQuerySerializer,
        responses={200: QueriedMatchSerializer(many=True)},
        examples=[OpenApiExample("Waste heat", EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """
        Match a flow without storing it; the best first.

        By the rules, formulas and weights of stored matches, among the flows that the caller may
        see: never the caller's own. Of very many around, the 20,000 nearest are looked at.
        """
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        flow, contaminants = self._flow(values["resource"], values.get("location"))
        rate_limits.spend(LIMIT, request.user.pk)
        own = request.user.organizations.values_list("pk", flat=True)
        found = find_matches(
            flow,
            contaminants=contaminants,
            viewer=request.user,
            constraints=Constraints(**values.get("constraints", {})),
            factor_weights=values.get("weights", {}),
            without=[] if flow.organization_id != NOBODY else list(own),
        )
        context = {"resource_type": flow.resource_type}
        return Response(QueriedMatchSerializer(found, many=True, context=context).data)

    def _flow(
        self, values: Mapping[str, Any], location: Point | None
    ) -> tuple[ResourceFlow, dict[str, float]]:
        """
        Return the flow of the body, checked, and its contaminants.

        :raises InvalidInput: a stored flow could not be like that.
        """
        columns = dict(values)
        site = self._site(
            columns.pop("organization_id", None), columns.pop("site_id", None), location
        )
        contaminants = columns.pop("contaminants", {})
        flow = ResourceFlow(
            site=site,
            # The database numbers those that it stores.
            number=0,
            **{"name": _("A flow"), "unit": ""} | columns,
        )
        try:
            organization_services.check_flow(flow, contaminants=contaminants)
        except ValidationError as error:
            errors = {f"resource.{name}": told for name, told in errors_by_path(error).items()}
            raise InvalidInput(errors) from error
        return flow, contaminants

    def _site(
        self, organization_id: UUID | None, site_id: UUID | None, location: Point | None
    ) -> Site:
        """Return where the flow would be: a site of the caller's, or one of nobody's."""
        if site_id is None:
            if location is None:
                raise exceptions.ValidationError(
                    {"location": _("Give the place, or a site as resource.site_id.")}
                )
            return Site(organization=self._organization(organization_id), location=location)
        site = Site.objects.visible_to(self.request.user).select_related("organization")
        found = site.filter(pk=site_id).first()
        if found is None or not self._own().filter(pk=found.organization_id).exists():
            raise exceptions.ValidationError(
                {"resource": {"site_id": _("There is no such site, or you may not see it.")}}
            )
        if organization_id not in (None, found.organization_id):
            raise exceptions.ValidationError(
                {"resource": {"site_id": _("Choose a site of the same organization.")}}
            )
        if location is not None:
            found.location = location
        return found

    def _organization(self, organization_id: UUID | None) -> Organization:
        if organization_id is None:
            return Organization(pk=NOBODY)
        organization = self._own().filter(pk=organization_id).first()
        if organization is None:
            raise exceptions.ValidationError(
                {"resource": {"organization_id": _("This is none of your organizations.")}}
            )
        return organization

    def _own(self) -> Any:
        """Organizations that the caller may ask for; facilitators ask for all."""
        user = self.request.user
        if user.is_facilitator:
            return Organization.objects.all()
        return Organization.objects.of_member(user)
