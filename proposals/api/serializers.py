"""Proposals as JSON."""

from typing import Any

from rest_framework import serializers

from organizations.models import ResourceFlow
from proposals import permissions
from proposals.models import Proposal, ProposalTransition
from turash.api.fields import StrictSerializer, TextField


class TransitionSerializer(serializers.ModelSerializer):
    actor = serializers.CharField(source="actor.full_name", default=None, allow_null=True)
    organization_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = ProposalTransition
        fields = [
            "from_status",
            "to_status",
            "terms_version",
            "actor",
            "organization_id",
            "comment",
            "occurred_at",
        ]


class ProposalSerializer(serializers.ModelSerializer):
    from_org_id = serializers.UUIDField(source="from_organization_id")
    to_org_id = serializers.UUIDField(source="to_organization_id")
    resource_id = serializers.UUIDField()
    resource_type = serializers.CharField(
        source="resource.direction", help_text="Whether the resource is an input or an output."
    )
    resource_name = serializers.CharField(source="resource.name")
    unit = serializers.CharField(source="resource.resource_type.unit")
    match_id = serializers.UUIDField(allow_null=True)
    counterpart_id = serializers.UUIDField(
        allow_null=True, help_text="The sender's own flow of the other direction, if known."
    )
    terms_version = serializers.IntegerField(
        help_text="The version under discussion; quantity and price are those of it."
    )

    class Meta:
        model = Proposal
        fields = [
            "id",
            "from_org_id",
            "to_org_id",
            "resource_id",
            "resource_type",
            "resource_name",
            "match_id",
            "counterpart_id",
            "message",
            "quantity",
            "unit",
            "price_per_unit",
            "valid_until",
            "status",
            "terms_version",
            "sender_confirmed_at",
            "target_confirmed_at",
            "created_at",
            "updated_at",
        ]


class ProposalDetailSerializer(ProposalSerializer):
    """With what happened so far, and what the caller may do next."""

    transitions = TransitionSerializer(many=True)
    next_statuses = serializers.SerializerMethodField()

    class Meta(ProposalSerializer.Meta):
        fields = [*ProposalSerializer.Meta.fields, "transitions", "next_statuses"]

    def get_next_statuses(self, proposal: Proposal) -> list[str]:
        user: Any = self.context["request"].user
        return [str(step.target) for step in permissions.steps_for(user, proposal)]


class ProposalRequestSerializer(StrictSerializer):
    """`quantity` in canonical units per year, `price_per_unit` in EUR per canonical unit."""

    from_org_id = serializers.UUIDField()
    to_org_id = serializers.UUIDField()
    resource_id = serializers.UUIDField(help_text="A flow of the organization asked.")
    resource_type = serializers.ChoiceField(choices=ResourceFlow.Direction.choices)
    match_id = serializers.UUIDField(required=False, allow_null=True)
    message = TextField(max_length=5000)
    quantity = serializers.DecimalField(
        max_digits=20, decimal_places=6, required=False, allow_null=True
    )
    price_per_unit = serializers.DecimalField(
        max_digits=14, decimal_places=4, required=False, allow_null=True
    )
    valid_until = serializers.DateTimeField(required=False, allow_null=True)


class StatusSerializer(StrictSerializer):
    status = TextField(max_length=20)
    comment = TextField(max_length=5000, required=False, allow_blank=True)


class ConfirmationSerializer(StrictSerializer):
    comment = TextField(max_length=5000, required=False, allow_blank=True)


class ProposalsOfOrganizationSerializer(serializers.Serializer):
    incoming = ProposalSerializer(many=True)
    outgoing = ProposalSerializer(many=True)
