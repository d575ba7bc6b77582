"""The terms of a proposal, version by version: `/proposals/{id}/terms`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import generics, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from proposals import services
from proposals.api.below import BelowProposal
from proposals.economics import Economics, economics_of
from proposals.models import Proposal, ProposalTerms
from turash.api.fields import StrictSerializer, TextField


class MoneyField(serializers.FloatField):
    """EUR to the cent."""

    def to_representation(self, value: Any) -> float:
        return round(super().to_representation(value), 2)


class ShareSerializer(serializers.Serializer):
    """What the exchange brings one of the reader's organizations, EUR a year."""

    organization_id = serializers.UUIDField()
    role = serializers.CharField(help_text="`supplier`: the output is theirs; or `recipient`.")
    avoided_eur_per_year = MoneyField(help_text="Own costs of today that fall away.")
    payment_eur_per_year = MoneyField(allow_null=True, help_text="Above 0: received.")
    connection_eur_per_year = MoneyField(
        allow_null=True, help_text="Own share of the connection; below 0."
    )
    investment_eur = MoneyField(allow_null=True, help_text="Own share, once.")
    gain_eur_per_year = MoneyField(allow_null=True, help_text="Sum of the three.")


class EconomicsSerializer(serializers.Serializer):
    """Of both sides what lies between them; of the reader's own sides what it brings."""

    distance_m = MoneyField()
    connection_eur_per_year = MoneyField(
        help_text="Transport, annuity of the investment and maintenance."
    )
    investment_eur = MoneyField()
    co2_avoided_t_per_year = MoneyField()
    shares = ShareSerializer(many=True)


class TermsSerializer(serializers.ModelSerializer):
    """`quantity` in canonical units per year, `price_per_unit` in EUR per canonical unit."""

    author = serializers.CharField(source="author.full_name", default=None, allow_null=True)
    organization_id = serializers.UUIDField(help_text="Who has offered them.")
    is_current = serializers.SerializerMethodField()
    confirmed_by = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField(help_text="Field → before and now.")
    economics = serializers.SerializerMethodField()

    class Meta:
        model = ProposalTerms
        fields = [
            "version",
            *ProposalTerms.FIELDS,
            "comment",
            "organization_id",
            "author",
            "offered_at",
            "is_current",
            "confirmed_by",
            "changes",
            "economics",
        ]

    def get_is_current(self, terms: ProposalTerms) -> bool:
        return terms.version == terms.proposal.terms_version

    def get_confirmed_by(self, terms: ProposalTerms) -> list[UUID]:
        return terms.proposal.confirmed_by() if self.get_is_current(terms) else []

    @extend_schema_field(
        {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"before": {}, "now": {}},
            },
        }
    )
    def get_changes(self, terms: ProposalTerms) -> dict[str, dict[str, Any]]:
        earlier = self.context["versions"].get(terms.version - 1)
        if earlier is None:
            return {}
        return {
            name: {"before": self._plain(name, before), "now": self._plain(name, now)}
            for name, (before, now) in terms.changes_since(earlier).items()
        }

    def _plain(self, name: str, value: Any) -> Any:
        return None if value is None else self.fields[name].to_representation(value)

    @extend_schema_field(EconomicsSerializer(allow_null=True))
    def get_economics(self, terms: ProposalTerms) -> Any:
        found: Economics | None = self.context["economics"].get(terms.version)
        return None if found is None else EconomicsSerializer(found).data


class TermsRequestSerializer(StrictSerializer):
    """
    A counter-offer to the version `based_on`; what it does not name stays, null leaves it open.

    `quantity` in canonical units per year, `price_per_unit` in EUR per canonical unit.
    """

    based_on = serializers.IntegerField(min_value=1, max_value=32_767)
    quantity = serializers.DecimalField(
        max_digits=20, decimal_places=6, required=False, allow_null=True
    )
    price_per_unit = serializers.DecimalField(
        max_digits=14, decimal_places=4, required=False, allow_null=True
    )
    start_date = serializers.DateField(required=False, allow_null=True)
    duration_months = serializers.IntegerField(
        min_value=1, max_value=600, required=False, allow_null=True
    )
    connection_recipient_pct = serializers.IntegerField(
        min_value=0, max_value=100, required=False, allow_null=True
    )
    comment = TextField(max_length=5000, required=False, allow_blank=True)


class TermsView(BelowProposal, generics.GenericAPIView):
    """Versions of the terms, the newest first, each with what it means to the reader's side."""

    permission_classes = [permissions.IsAuthenticated]
    serializer_class = TermsSerializer
    queryset = ProposalTerms.objects.none()

    @extend_schema(
        responses=TermsSerializer(many=True),
        parameters=[OpenApiParameter(name, int) for name in ("limit", "offset")],
    )
    def get(self, request: Request, proposal_id: UUID) -> Response:
        proposal = self.proposal()
        versions = proposal.terms.select_related("author").order_by("-version")
        page = self.paginate_queryset(versions)
        return self.get_paginated_response(self._told(proposal, page or []))

    @extend_schema(request=TermsRequestSerializer, responses={201: TermsSerializer})
    def post(self, request: Request, proposal_id: UUID) -> Response:
        """Offer other terms."""
        proposal = self.proposal()
        serializer = TermsRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        terms = services.offer_terms(
            proposal_id=proposal.pk, actor=request.user, **serializer.validated_data
        )
        proposal = self.proposal()
        terms.refresh_from_db()
        return Response(self._told(proposal, [terms])[0], status=status.HTTP_201_CREATED)

    def _told(self, proposal: Proposal, page: Sequence[ProposalTerms]) -> list[dict[str, Any]]:
        """Return terms with what they change and mean; one more version is read for the oldest."""
        oldest = min((terms.version for terms in page), default=1)
        before = proposal.terms.filter(version=oldest - 1)
        versions = {terms.version: terms for terms in [*page, *before]}
        for terms in page:
            terms.proposal = proposal
        context = self.get_serializer_context() | {
            "versions": versions,
            "economics": economics_of(proposal, page, viewer=self.request.user),
        }
        return TermsSerializer(page, many=True, context=context).data
