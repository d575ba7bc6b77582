"""The terms on the page of a proposal, the form of a counter-offer, and the timeline."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from organizations import permissions as access
from proposals import permissions, services
from proposals.comparison import compare
from proposals.economics import Economics, Share, economics_of
from proposals.forms import TermsForm
from proposals.models import Proposal, ProposalTerms
from proposals.states import NEGOTIABLE, Need
from proposals.timeline import timeline_of
from turash.errors import DomainError
from turash.figures import unit
from turash.forms import add_errors


@dataclass(frozen=True, slots=True)
class OwnShare:
    """What the present terms bring one of the reader's organizations, and the ones before."""

    name: str
    now: Share
    before: Share | None


def _proposal(request: HttpRequest, proposal_id: UUID) -> Proposal:
    return get_object_or_404(
        Proposal.objects.visible_to(request.user).for_display(), pk=proposal_id
    )


def terms_context(request: HttpRequest, proposal: Proposal) -> dict[str, Any]:
    """Return what `_terms.html` shows."""
    versions = list(proposal.terms.select_related("organization").order_by("-version"))
    terms, *older = versions
    earlier = older[0] if older else None
    told = economics_of(proposal, versions[:2], viewer=request.user)
    steps = permissions.steps_for(request.user, proposal)
    sides = permissions.sides_of(request.user, proposal)
    return {
        "proposal": proposal,
        "terms": terms,
        "earlier": earlier,
        "rows": compare(proposal, terms, earlier),
        "older": [
            (one, compare(proposal, one, before))
            for one, before in zip(older, [*older, None][1:], strict=True)
        ],
        "economics": told.get(terms.version),
        "own_shares": _own_shares(proposal, terms, earlier, told),
        "confirmed": _confirmed(proposal),
        "can_confirm": any(Need.SAME_TERMS in step.needs for step in steps),
        "can_offer": bool(sides) and proposal.status in NEGOTIABLE,
    }


def _own_shares(
    proposal: Proposal,
    terms: ProposalTerms,
    earlier: ProposalTerms | None,
    told: dict[int, Economics],
) -> list[OwnShare]:
    present = told.get(terms.version)
    if present is None:
        return []
    past = told.get(earlier.version) if earlier else None
    before = {share.organization_id: share for share in past.shares} if past else {}
    names = {
        proposal.from_organization_id: proposal.from_organization.name,
        proposal.to_organization_id: proposal.to_organization.name,
    }
    return [
        OwnShare(names[share.organization_id], share, before.get(share.organization_id))
        for share in present.shares
    ]


def _confirmed(proposal: Proposal) -> list[str]:
    """Names of the sides that have confirmed the present terms."""
    keys = proposal.confirmed_by()
    sides = (proposal.from_organization, proposal.to_organization)
    return [side.name for side in sides if side.pk in keys]


@login_required
def terms_detail(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """The terms: the fragment that follows the news."""
    context = terms_context(request, _proposal(request, proposal_id))
    return render(request, "proposals/_terms.html", context)


@login_required
def timeline(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """What has happened: the fragment that follows the news."""
    entries = timeline_of(_proposal(request, proposal_id))
    return render(request, "proposals/_timeline.html", {"entries": entries})


@login_required
@require_POST
def terms_confirm(request: HttpRequest, proposal_id: UUID, version: int) -> HttpResponse:
    proposal = _proposal(request, proposal_id)
    try:
        services.confirm_terms(proposal_id=proposal.pk, actor=request.user, version=version)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("proposals:proposal-detail", proposal.pk)


@login_required
def terms_offer(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """A counter-offer, which begins with the present terms."""
    proposal = _proposal(request, proposal_id)
    access.require(bool(permissions.sides_of(request.user, proposal)))
    if proposal.status not in NEGOTIABLE:
        messages.error(request, _("These terms are not negotiated now."))
        return redirect("proposals:proposal-detail", proposal.pk)
    present = proposal.terms.get(version=proposal.terms_version)
    form = TermsForm(
        request.POST or None,
        terms=present,
        unit=unit(proposal.resource.resource_type.unit),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.offer_terms(proposal_id=proposal.pk, actor=request.user, **form.cleaned_data)
        except (ValidationError, DomainError) as error:
            add_errors(form, error)
            # Who has read what is new, above the form, may offer to that.
            form.base_on(present)
        else:
            messages.success(request, _("Your offer is on its way."))
            return redirect("proposals:proposal-detail", proposal.pk)
    return render(
        request,
        "proposals/terms_form.html",
        {"form": form, **terms_context(request, proposal)},
        status=400 if form.errors else 200,
    )
