"""Webhooks and their deliveries in the API."""

import json
from typing import Any

from rest_framework import serializers

from turash.api.fields import StrictSerializer, TextField, TrueFalseField
from turash.mail.subjects import HEADLINES
from webhooks.addresses import LONGEST_URL
from webhooks.models import MOST_TYPES, Webhook, WebhookAttempt, WebhookDelivery
from webhooks.signing import name_of

WHERE = "`https`, on a port that the installation allows: 443 and 8443 unless told."


class WebhookSerializer(serializers.ModelSerializer):
    """Never with the secret."""

    organization_id = serializers.UUIDField()
    event_types = serializers.ListField(
        child=serializers.CharField(), help_text="Empty: all of them."
    )
    disabled_reason = serializers.ChoiceField(
        choices=Webhook.Reason.choices, allow_blank=True, help_text="Empty: it is active."
    )

    class Meta:
        model = Webhook
        fields = [
            "id", "organization_id", "url", "description", "event_types", "status",
            "disabled_reason", "disabled_at", "failing_since", "previous_until", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class WebhookChangeSerializer(StrictSerializer):
    url = TextField(max_length=LONGEST_URL, required=False, help_text=WHERE)
    description = TextField(max_length=200, required=False, allow_blank=True)
    event_types = serializers.ListField(
        child=serializers.ChoiceField(choices=sorted(HEADLINES)),
        max_length=MOST_TYPES,
        required=False,
        help_text="Empty: all of them.",
    )


class WebhookRequestSerializer(WebhookChangeSerializer):
    organization_id = serializers.UUIDField()
    url = TextField(
        max_length=LONGEST_URL, help_text=WebhookChangeSerializer().fields["url"].help_text
    )


class NewWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(
        allow_null=True, help_text="`whsec_…`; it is not shown again, but as null."
    )

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class RotateSecretSerializer(StrictSerializer):
    at_once = TrueFalseField(
        required=False,
        help_text="The secret of before is not used for another 24 hours, as it is unless told.",
    )


class SecretSerializer(serializers.Serializer):
    secret = serializers.CharField(
        allow_null=True, help_text="`whsec_…`; it is not shown again, but as null."
    )
    previous_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then each delivery has a signature by both."
    )


class WebhookAttemptSerializer(serializers.ModelSerializer):
    class Meta:
        model = WebhookAttempt
        fields = ["number", "ended_at", "duration_ms", "status_code", "response", "error"]


class WebhookDeliverySerializer(serializers.ModelSerializer):
    """What was sent, and the newest attempts, the newest first."""

    webhook_id = serializers.SerializerMethodField(help_text="The header `webhook-id`.")
    next_attempt_at = serializers.SerializerMethodField(
        help_text="At the earliest; null when it is settled."
    )
    body = serializers.SerializerMethodField(help_text="The JSON that is sent.")
    attempts = WebhookAttemptSerializer(many=True, source="shown_attempts")

    class Meta:
        model = WebhookDelivery
        fields = [
            "id", "webhook_id", "type", "notification_id", "status", "created_at", "settled_at",
            "next_attempt_at", "body", "attempts",
        ]  # fmt: skip

    def get_webhook_id(self, delivery: WebhookDelivery) -> str:
        return name_of(delivery.pk)

    def get_next_attempt_at(self, delivery: WebhookDelivery) -> Any:
        if not delivery.is_waiting:
            return None
        return serializers.DateTimeField().to_representation(delivery.next_attempt_at)

    def get_body(self, delivery: WebhookDelivery) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(delivery.body)
        return body
