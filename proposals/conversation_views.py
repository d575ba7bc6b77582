"""The conversation on the page of a proposal."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from proposals import services
from proposals.forms import MessageForm
from proposals.models import Proposal
from turash.errors import DomainError


@login_required
def message_list(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """What was said so far: the fragment that follows the news."""
    proposal = get_object_or_404(Proposal.objects.visible_to(request.user), pk=proposal_id)
    said = proposal.messages.select_related("author", "organization").prefetch_related(
        "attachments"
    )
    return render(request, "proposals/_messages.html", {"said": said})


@login_required
@require_POST
def message_post(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    proposal = get_object_or_404(Proposal.objects.visible_to(request.user), pk=proposal_id)
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            services.post_message(proposal=proposal, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            messages.error(request, error.message)
    else:
        messages.error(request, _("The message is empty or too long."))
    page = reverse("proposals:proposal-detail", args=[proposal.pk])
    return redirect(f"{page}#conversation")
