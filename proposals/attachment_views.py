"""Files of the conversation on the page of a proposal."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from proposals import services
from proposals.downloads import download
from proposals.models import Proposal
from turash.errors import DomainError


@login_required
@require_POST
def attachment_post(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.visible_to(request.user), pk=proposal_id)
    upload = request.FILES.get("file")
    if upload is None:
        messages.error(request, _("Choose a file."))
    else:
        try:
            services.post_attachment(
                proposal=proposal,
                actor=request.user,
                upload=upload,
                text=request.POST.get("text", ""),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        except DomainError as error:
            messages.error(request, error.message)
    page = reverse("proposals:proposal-detail", args=[proposal.pk])
    return redirect(f"{page}#conversation")


@login_required
@require_safe
def attachment(request: HttpRequest, proposal_id: UUID, attachment_id: UUID) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.visible_to(request.user), pk=proposal_id)
    return download(request.user, proposal, attachment_id)
