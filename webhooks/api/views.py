"""Endpoints of webhooks."""

from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, permissions, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from organizations import permissions as access
from organizations.models import Organization
from turash.api.views import ApiViewSet, RetrieveMixin
from turash.errors import InvalidInput
from webhooks import services
from webhooks.api.serializers import (
    NewWebhookSerializer,
    RotateSecretSerializer,
    SecretSerializer,
    WebhookChangeSerializer,
    WebhookDeliverySerializer,
    WebhookRequestSerializer,
    WebhookSerializer,
)
from webhooks.models import Webhook, WebhookDelivery

ORGANIZATION = "0190a1b2-0000-7000-8000-000000000000"
EXAMPLES = [
    OpenApiExample(
        "Proposals and matches",
        {
            "organization_id": ORGANIZATION,
            "url": "https://erp.example.org/turash",
            "description": "ERP",
            "event_types": ["match_found", "proposal_created", "proposal_status_changed"],
        },
        request_only=True,
    ),
    OpenApiExample(
        "Everything",
        {"organization_id": ORGANIZATION, "url": "https://erp.example.org/turash"},
        request_only=True,
    ),
]


class WebhookViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """
    Addresses to which events are sent.

    Those of organizations that the caller manages; a facilitator reads all.
    """

    serializer_class = WebhookSerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = Webhook.objects.none()

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Webhook.objects.none()
        return Webhook.objects.visible_to(self.request.user).order_by("created_at", "pk")

    @extend_schema(
        request=WebhookRequestSerializer, responses={201: NewWebhookSerializer}, examples=EXAMPLES
    )
    def create(self, request: Request) -> Response:
        """Subscribe an address; this answer is the only one that shows its secret."""
        serializer = WebhookRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        organization = (
            Organization.objects.visible_to(request.user)
            .filter(pk=values.pop("organization_id"))
            .first()
        )
        if organization is None:
            raise InvalidInput({"organization_id": [_("There is no such object.")]})
        webhook, secret = services.create_webhook(
            actor=request.user, organization=organization, **values
        )
        told = self.answer(webhook.pk, status=status.HTTP_201_CREATED)
        told.data["secret"] = secret  # type: ignore[attr-defined]  # for this answer alone
        return told  # type: ignore[return-value]

    @extend_schema(request=WebhookChangeSerializer, responses=WebhookSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        webhook = self._managed()
        serializer = WebhookChangeSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        services.update_webhook(actor=request.user, webhook=webhook, **serializer.validated_data)
        return self.answer(webhook.pk)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        services.delete_webhook(actor=request.user, webhook=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Send again from now on."""
        webhook = services.enable_webhook(actor=request.user, webhook=self.get_object())
        return self.answer(webhook.pk)

    @extend_schema(request=None, responses=WebhookSerializer)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """Send nothing more; what waits is given up."""
        webhook = services.disable_webhook(actor=request.user, webhook=self.get_object())
        return self.answer(webhook.pk)

    @extend_schema(request=RotateSecretSerializer, responses=SecretSerializer)
    @action(detail=True, methods=["post"])
    def secret(self, request: Request, **kwargs: Any) -> Response:
        """Make a new secret; this answer is the only one that shows it."""
        webhook = self._managed()
        serializer = RotateSecretSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        secret = services.rotate_secret(
            actor=request.user, webhook=webhook, **serializer.validated_data
        )
        data = {"secret": secret, "previous_until": webhook.previous_until}
        return Response(SecretSerializer(data).data)

    @extend_schema(request=None, responses={202: WebhookDeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, **kwargs: Any) -> Response:
        """Send a `webhook_test`, tried once; ten at once, and one more a minute."""
        delivery = services.send_test(actor=request.user, webhook=self.get_object())
        return _told(delivery, status.HTTP_202_ACCEPTED)

    def _managed(self) -> Webhook:
        webhook = self.get_object()
        access.require(access.can_manage(self.request.user, webhook.organization_id))
        return webhook


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("status", str, enum=list(WebhookDelivery.Status.values)),
            OpenApiParameter("type", str, description="A type of event."),
        ]
    )
)
class DeliveryViewSet(mixins.ListModelMixin, RetrieveMixin, ApiViewSet):
    """What a webhook was sent, the newest first."""

    serializer_class = WebhookDeliverySerializer
    permission_classes = [permissions.IsAuthenticated]
    filter_backends: list[Any] = []
    queryset = WebhookDelivery.objects.none()
    lookup_url_kwarg = "delivery_id"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return WebhookDelivery.objects.none()
        webhooks = Webhook.objects.visible_to(self.request.user)
        webhook = get_object_or_404(webhooks, pk=self.kwargs["webhook_id"])
        rows = webhook.deliveries.for_display().select_related("webhook").newest_first()
        wanted = self.request.query_params
        if "status" in wanted:
            if wanted["status"] not in WebhookDelivery.Status.values:
                known = ", ".join(WebhookDelivery.Status.values)
                raise serializers.ValidationError({"status": _("Choose one of: %s.") % known})
            rows = rows.filter(status=wanted["status"])
        if "type" in wanted:
            rows = rows.filter(type=wanted["type"])
        return rows

    @extend_schema(request=None, responses={202: WebhookDeliverySerializer})
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, **kwargs: Any) -> Response:
        """Send it now, however it ended: the same `webhook-id` and body, as often as a new one."""
        delivery = services.replay(actor=request.user, delivery=self.get_object())
        return _told(delivery, status.HTTP_202_ACCEPTED)


def _told(delivery: WebhookDelivery, code: int) -> Response:
    shown = WebhookDelivery.objects.for_display().get(pk=delivery.pk)
    return Response(WebhookDeliverySerializer(shown).data, status=code)
