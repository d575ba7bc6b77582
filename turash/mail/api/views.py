"""What the caller wants to hear by e-mail."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from turash.api.fields import StrictSerializer
from turash.api.versions import tag_of_data
from turash.api.views import ConditionalView
from turash.mail.models import MATCH_CADENCES, Cadence
from turash.mail.services import preferences


class MailPreferenceSerializer(StrictSerializer):
    """`language` is that of e-mails; it follows the language chosen on the pages."""

    proposals = serializers.ChoiceField(choices=Cadence.choices, required=False)
    matches = serializers.ChoiceField(choices=MATCH_CADENCES, required=False)
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)


class MailPreferenceView(ConditionalView):
    """What I hear by e-mail, when, and in which language."""

    permission_classes = [permissions.IsAuthenticated]
    serializer_class = MailPreferenceSerializer
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(responses=MailPreferenceSerializer)
    def get(self, request: Request) -> Response:
        return self._answer(request)

    @extend_schema(request=MailPreferenceSerializer, responses=MailPreferenceSerializer)
    def patch(self, request: Request) -> Response:
        serializer = MailPreferenceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if self.is_guarded:
            preferences.hold(request.user)
            self.require_unchanged(tag_of_data(self._answer(request).data))
        preferences.set_preference(request.user, **serializer.validated_data)
        return self._answer(request)

    def _answer(self, request: Request) -> Response:
        preference = preferences.preference_of(request.user)
        return Response(
            {
                "proposals": preference.proposals,
                "matches": preference.matches,
                "language": request.user.language,
            }
        )
