"""What the owner of a flow is asked about it, and the answer by one click."""

import re
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from organizations import services
from organizations.models import QualityFinding, ResourceFlow
from organizations.quality_reasons import reason_of

_NUMBER = re.compile(r"^[0-9]{1,18}$", re.ASCII)
Question = tuple[QualityFinding, str]


def questions_about(flow: ResourceFlow) -> list[Question]:
    """Return the findings that the owner was asked about and has not answered, with reasons."""
    asked = QualityFinding.objects.open().filter(flow=flow.pk).exclude(asked_at=None)
    return [
        (finding, reason_of(finding))
        for finding in asked.with_subjects().order_by("-severity", "pk")
        # What was asked of an earlier state is answered by the change.
        if finding.subject_updated_at == flow.updated_at
    ]


@login_required
@require_POST
def flow_confirm(request: HttpRequest, flow_id: UUID) -> HttpResponse:
    """Say that the flow is right in spite of what the page has shown."""
    flow = get_object_or_404(ResourceFlow.objects.visible_to(request.user), pk=flow_id)
    read = [int(key) for key in request.POST.getlist("finding") if _NUMBER.match(key)]
    services.confirm_flow(
        actor=request.user,  # type: ignore[arg-type]
        flow=flow,
        finding_ids=read,
        now=timezone.now(),
    )
    messages.success(request, _("Thank you. The flow is confirmed."))
    return redirect("organizations:flow-detail", flow.pk)
