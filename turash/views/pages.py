"""Where people arrive: the landing page, and what concerns them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.db.models import F, Func, IntegerField, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from matching.disclosure import as_seen_from
from matching.models import Match, PartnerList
from organizations import permissions
from organizations.disclosure import Viewpoint
from organizations.models import Membership, Organization, ResourceFlow, Site
from organizations.onboarding import Step, next_step
from organizations.querysets import EDITING_ROLES
from proposals.models import Proposal
from turash.realtime.models import ReadMark
from turash.realtime.services import note_look
from turash.views import worth
from turash.views.map import places, tiles

ORGANIZATIONS_SHOWN = 50
SITES_SHOWN = 20
FLOWS_SHOWN = 50
MATCHES_SHOWN = 10
FIRST_MATCHES_SHOWN = 5
# Workers look for the partners of a new flow within seconds.
SEARCH_TAKES = timedelta(minutes=1)
PROPOSALS_SHOWN = 20
# The figures read whole tables, and anybody may ask for them: they are this old at most, where
# somebody asks that often; one computes them anew, while the others get those of before.
FIGURES_FRESH_S = 60
FIGURES_KEPT_S = 24 * 60 * 60


def landing(request: HttpRequest) -> HttpResponse:
    """What Turash is, and what it has found so far."""
    context = _kept_figures() | {"contact_email": settings.CONTACT_EMAIL, "tiles": tiles()}
    return render(request, "turash/landing.html", context)


def _kept_figures() -> dict[str, Any]:
    kept = cache.get("landing-figures")
    is_ours = cache.add("landing-figures-fresh", True, FIGURES_FRESH_S)  # noqa: FBT003
    if kept is not None and not is_ours:
        return kept
    figures = _figures()
    cache.set("landing-figures", figures, FIGURES_KEPT_S)
    return figures


def _figures() -> dict[str, Any]:
    outputs = PartnerList.objects.filter(is_output=True)
    best = outputs.filter(best_savings_eur_per_year__gt=0)
    return {
        "organizations": Organization.objects.count(),
        "places": places(),
        "flows": ResourceFlow.objects.active().count(),
        **outputs.aggregate(matches=Coalesce(Sum("match_count"), 0)),
        **best.aggregate(
            savings=Sum("best_savings_eur_per_year"), co2=Sum("best_co2_avoided_t_per_year")
        ),
    }


@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """What concerns me; with htmx the part of it that changes."""
    memberships = list(_memberships(request.user)[:ORGANIZATIONS_SHOWN])
    keys = [membership.organization_id for membership in memberships]
    editable = [row.organization for row in memberships if row.role in EDITING_ROLES]
    sites = (
        Site.objects.filter(organization__in=keys)
        .select_related("organization")
        .order_by("organization__name", "name", "pk")[:SITES_SHOWN]
    )
    flows = _flows(keys)[:FLOWS_SHOWN]
    # Where there is more than fits on the page, nobody begins any more.
    begins = len(sites) < SITES_SHOWN and len(flows) < FLOWS_SHOWN
    # A fragment that fetches itself again is nobody's look.
    news_after = (
        ReadMark.objects.news_after(request.user)
        if request.htmx
        else note_look(request.user, now=timezone.now())
    )
    matches = worth.look(request.user, keys, news_after=news_after)
    context = {
        "memberships": memberships,
        "editable": editable,
        "next_step": next_step(editable, sites, flows) if begins else None,
        "sites": sites,
        "flows": flows,
        "matches": matches,
        "best": matches.best[:MATCHES_SHOWN],
        "waiting": Proposal.objects.filter(to_organization__in=keys, status="pending")
        .for_display()
        .order_by("-created_at", "pk")[:PROPOSALS_SHOWN],
    }
    template = "turash/_dashboard.html" if request.htmx else "turash/dashboard.html"
    return render(request, template, context)


@login_required
def first_matches(request: HttpRequest, organization_id: UUID) -> HttpResponse:
    """The last of the first steps: what was found for the flows of an organization."""
    organization = get_object_or_404(
        Organization.objects.visible_to(request.user), pk=organization_id
    )
    permissions.require(permissions.can_read_matching(request.user, organization.pk))
    flows = _flows([organization.pk])[:FLOWS_SHOWN]
    matches = _matches([organization.pk])[:FIRST_MATCHES_SHOWN]
    context = {
        "organization": organization,
        "step": Step.MATCHES,
        "flows": flows,
        "matches": as_seen_from(Viewpoint(request.user), matches),
        "searching": bool(flows) and timezone.now() - flows[0].created_at < SEARCH_TAKES,
    }
    template = "turash/_first_matches.html" if request.htmx else "turash/first_matches.html"
    return render(request, template, context)


def _matches(keys: list[Any]) -> Any:
    """Matches of some organizations, the best first."""
    return (
        Match.seen.of_organizations(keys)
        .not_dismissed_by(keys)
        .for_display()
        .order_by("-score", "distance_m", "pk")
    )


def _memberships(user: Any) -> Any:
    return (
        Membership.objects.filter(user=user)
        .select_related("organization")
        .order_by("organization__name", "pk")
    )


def _flows(keys: list[Any]) -> Any:
    """Flows with how many matches each has."""
    return (
        ResourceFlow.objects.filter(organization__in=keys)
        .select_related("site", "organization", "resource_type")
        .annotate(
            match_count=Coalesce(
                Func(
                    F("partner_list__partners"), function="cardinality", output_field=IntegerField()
                ),
                0,
            )
        )
        .order_by("-created_at", "pk")
    )
