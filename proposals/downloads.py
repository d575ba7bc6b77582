"""How a file leaves Turash: never shown in the browser, never guessed at, always on record."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from proposals import services
from proposals.models import Attachment, Proposal


def download(user: Any, proposal: Proposal, attachment_id: UUID) -> HttpResponse:
    """
    Answer with the content of a file of a proposal that the user may see.

    :raises Http404: there is no such file.
    """
    attachment = get_object_or_404(
        Attachment.objects.select_related("message__proposal"),
        message__proposal=proposal,
        pk=attachment_id,
    )
    try:
        content = services.open_attachment(attachment=attachment, actor=user)
    except FileNotFoundError:
        raise Http404 from None
    response = HttpResponse(content, content_type=attachment.content_type)
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename=attachment.name
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
