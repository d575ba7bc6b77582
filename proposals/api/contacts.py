"""Contact details, disclosed in steps: `/organizations/{id}/contact`."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from organizations import permissions as access
from organizations import services as organization_services
from organizations.api.views import visible_organization
from organizations.models import Contact, Disclosure
from proposals import services
from turash.api.fields import StrictModelSerializer
from turash.api.versions import tag_of_data
from turash.api.views import ConditionalView


class ContactSerializer(StrictModelSerializer):
    """`disclosed_from`: the stage from which on others see this."""

    class Meta:
        model = Contact
        fields = ["person", "email", "phone", "disclosed_from"]


class DisclosureSerializer(serializers.ModelSerializer):
    user = serializers.CharField(source="user.full_name")
    organizations = serializers.SerializerMethodField(help_text="Names of those the user is of.")
    flow_id = serializers.UUIDField(
        allow_null=True, help_text="Whose exact figures were seen; null: the contact details were."
    )
    flow_name = serializers.CharField(source="flow.name", default=None, allow_null=True)

    class Meta:
        model = Disclosure
        fields = [
            "user",
            "organizations",
            "flow_id",
            "flow_name",
            "stage",
            "as_facilitator",
            "seen_at",
        ]

    def get_organizations(self, disclosure: Disclosure) -> list[str]:
        return [organization.name for organization in disclosure.user.organizations.all()]


class ContactView(ConditionalView):
    """Whom to speak to in an organization."""

    serializer_class = ContactSerializer
    filter_backends: list[Any] = []
    pagination_class = None
    queryset = Contact.objects.none()

    @extend_schema(responses=ContactSerializer)
    def get(self, request: Request, organization_id: UUID) -> Response:
        """403 before the stage from which on the organization discloses it; seeing it is noted."""
        organization = visible_organization(self)
        contact = services.read_contact(viewer=request.user, organization=organization)
        access.require(
            contact is not None, _("The organization does not disclose this to you yet.")
        )
        return Response(ContactSerializer(contact).data)

    @extend_schema(request=ContactSerializer, responses=ContactSerializer)
    def patch(self, request: Request, organization_id: UUID) -> Response:
        """Change it; owners and managers."""
        organization = visible_organization(self)
        access.require(access.can_manage(request.user, organization.pk))
        serializer = ContactSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        if self.is_guarded:
            held = organization_services.hold_contact(organization)
            self.require_unchanged(tag_of_data(ContactSerializer(held).data))
        contact = organization_services.set_contact(
            actor=request.user, organization=organization, **serializer.validated_data
        )
        return Response(ContactSerializer(contact).data)


class DisclosuresView(generics.ListAPIView):
    """Who has seen an organization's contact details or exact figures; for its managers."""

    permission_classes = [permissions.IsAuthenticated]
    serializer_class = DisclosureSerializer
    filter_backends: list[Any] = []
    queryset = Disclosure.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Disclosure.objects.none()
        organization = visible_organization(self)
        access.require(access.can_manage(self.request.user, organization.pk))
        seen = Disclosure.objects.filter(organization=organization)
        return (
            seen.select_related("user", "flow")
            .prefetch_related("user__organizations")
            .order_by("-pk")
        )
