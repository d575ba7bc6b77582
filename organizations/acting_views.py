"""Pages about facilitators who act for an organization: what they did, and the end of it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from organizations import permissions, services
from organizations.models import Acting, Organization
from turash.admin_history import entries_of
from turash.history.models import Change
from turash.history.past import verbose_name_of

CHANGES_PER_PAGE = 50
ACTINGS_SHOWN = 20


@login_required
def acting_list(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """Who has acted for the organization and why, and everything that was changed meanwhile."""
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    permissions.require(permissions.can_read_matching(request.user, organization.pk))
    changes = Change.objects.done_for(organization.pk)
    page = Paginator(changes, CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    entries = [(verbose_name_of(entry.change.table), entry) for entry in entries_of(page)]
    return render(
        request,
        "organizations/acting_list.html",
        {
            "organization": organization,
            "actings": Acting.objects.filter(organization=organization).select_related("user")[
                :ACTINGS_SHOWN
            ],
            "page": page,
            "entries": entries,
        },
    )


@login_required
@require_POST
def acting_end(request: HttpRequest) -> HttpResponse:
    """End what I do for others."""
    acting = services.end_acting(actor=request.user)  # type: ignore[arg-type]
    if acting is None:
        return redirect("dashboard")
    messages.success(request, _("You no longer act for %s.") % acting.organization)
    return redirect("admin:organizations_organization_change", acting.organization_id)
