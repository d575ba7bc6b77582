"""Every page there is, and the demo region furnished so that each has something to show."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from imports import services as import_services
from matching import services as matching_services
from matching.models import Match, MatchingRun
from organizations.models import Conversion, Organization, ResourceFlow, User
from plans import services as plan_services
from plans.models import Plan
from proposals.models import Proposal
from tests.conftest import work_off
from tests.factories import ConversionFactory
from turash.callers import services as caller_services
from turash.demo import loader
from turash.mail import unsubscribing
from turash.mail.models import Mail
from webhooks import signing
from webhooks.models import Webhook, WebhookDelivery

# Somebody who has an account, somebody who looks after the region, and nobody in particular.
MEMBER, FACILITATOR, VISITOR = "anna.owner@example.org", "freja.facilitator@example.org", ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Who opens a page, and where; `variant` tells several views of one address apart."""

    name: str
    who: str
    path: str
    variant: str = ""
    status: int = 200
    # A selector of what a page fetches after it has come.
    ready: str = "body"

    @property
    def title(self) -> str:
        return f"{self.name} {self.variant}".strip()


# Addresses that are no pages of their own: parts of pages, data, files, and what is only sent to.
NO_PAGES = {
    # parts of pages
    "map-list", "matching:panel", "matching:near-misses", "matching:together",
    "proposals:message-list", "proposals:timeline", "proposals:terms-detail",
    # data and files
    "map-data", "metrics", "maps:tile-json", "maps:tile", "maps:ogc", "maps:ogc-conformance",
    "maps:ogc-api", "maps:ogc-collections", "maps:ogc-collection", "maps:ogc-items",
    "maps:ogc-item", "imports:template", "imports:import-report", "imports:export",
    "proposals:attachment", "land", "land-tile", "organizations:places", "region-csv", "region-svg",
    # what forms are sent to
    "token-revoke", "notifications-read", "logout", "set_language", "organizations:acting-end",
    "organizations:draft-save", "organizations:draft-discard", "organizations:flow-confirm",
    "organizations:conversion-delete", "organizations:site-delete", "organizations:flow-delete",
    "matching:run-request", "matching:run-cancel", "matching:clusters-compute",
    "matching:match-dismiss", "proposals:proposal-move", "proposals:message-post",
    "proposals:attachment-post", "proposals:terms-confirm", "exchanges:report",
    "exchanges:upload", "exchanges:declare", "exchanges:confirm", "imports:import-create",
    "imports:import-confirm", "imports:import-cancel", "plans:plan-cancel", "plans:plan-vary",
    "plans:plan-change", "plans:plan-propose", "webhooks:webhook-rotate", "webhooks:webhook-test",
    "webhooks:webhook-enable", "webhooks:webhook-disable", "webhooks:webhook-delete",
    "webhooks:delivery-replay",
}  # fmt: skip


def names_of_addresses() -> set[str]:
    """Return the name of every address outside the API and the admin."""
    return {
        name
        for name in _names(get_resolver().url_patterns)
        if not name.startswith(("api:", "admin:"))
    }


def _names(patterns: list[URLPattern | URLResolver], space: str = "") -> set[str]:
    found = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            found |= _names(pattern.url_patterns, inner)
        elif pattern.name:
            found.add(f"{space}{pattern.name}")
    return found


def furnish() -> None:
    """Load the demo region, match it, and add one of what it lacks: plan, import, webhook …"""
    loader.load_demo_region(progress=lambda _: None)
    matching_services.execute_run(MatchingRun.objects.create().pk)
    matching_services.compute_clusters()
    anna = User.objects.get(email=MEMBER)
    plant = anna.organizations.get()
    plan_services.request_plan(actor=anna, name="Heat of the fjord", organization=plant)
    import_services.request_import(
        actor=anna,
        resource="flows",
        name="flows.csv",
        chunks=[
            b"site,direction,resource_type,name,amount\n"
            b"Asnaes,output,heat.hot_water,Condenser,120\nAsnaes,output,heat.steam,Boiler,much\n"
        ],
        organization=plant,
    )
    matching_services.request_run(actor=anna, organization=plant)
    ConversionFactory(site=plant.sites.first(), name="Heat pump")
    caller_services.make_token(anna, name="Meter", scope="read", expires_at=None)
    work_off()
    # Last, so that nothing is sent to an address that does not exist.
    webhook = Webhook.objects.create(
        organization=plant, url="https://hooks.example.org/", secret=signing.seal("no secret")
    )
    WebhookDelivery.objects.create(
        webhook=webhook,
        type="match_found",
        notification_id=1,
        body="{}",
        status="failed",
        settled_at=timezone.now(),
    )


def visits() -> list[Visit]:
    """Return every page as somebody opens it who may, in the order of a tour."""
    return [
        *_of_everybody(), *_of_a_member(), *_of_proposals(), *_of_a_facilitator(), *_of_the_admin(),
    ]  # fmt: skip


def _to(who: str) -> Callable[..., Visit]:
    def visit(name: str, *args: Any, query: str = "", **fields: Any) -> Visit:
        return Visit(name, who, reverse(name, args=args) + query, **fields)

    return visit


def _of_everybody() -> list[Visit]:
    visit = _to(VISITOR)
    flow = ResourceFlow.objects.filter(visibility="public").order_by("pk").first()
    token = unsubscribing.token_for(User.objects.get(email=MEMBER).pk, Mail.Topic.PROPOSALS)
    return [
        visit("landing"),
        visit("login"),
        visit("map"),
        visit("region"),
        visit("organizations:flow-detail", flow.pk, variant="of others"),
        visit("unsubscribe", token),
        Visit("error", VISITOR, "/nowhere", status=404),
    ]


def _of_a_member() -> list[Visit]:
    visit = _to(MEMBER)
    plant = User.objects.get(email=MEMBER).organizations.get()
    others = Organization.objects.get(external_id="refinery")
    flow = plant.resource_flows.order_by("pk").first()
    match = Match.seen.of_organizations([plant.pk]).order_by("-score", "pk").first()
    theirs = match.input if match.output.organization_id == plant.pk else match.output
    plan = Plan.objects.get()
    return [
        visit("dashboard"),
        visit("map", query="?west=10.9&south=55.5&east=11.3&north=55.8", variant="with a balance"),
        visit("organizations:organization-detail", plant.pk),
        visit("organizations:organization-detail", others.pk, variant="of others"),
        visit("organizations:organization-create"),
        visit("organizations:organization-edit", plant.pk),
        visit("organizations:site-create", plant.pk),
        visit("organizations:start", plant.pk),
        visit("first-matches", plant.pk),
        visit("region", variant="of a member"),
        visit("organizations:site-edit", plant.sites.first().pk),
        visit("organizations:flow-create", plant.pk),
        visit("organizations:flow-edit", flow.pk),
        visit("organizations:flow-detail", flow.pk, ready="#matches .match"),
        visit("organizations:conversion-create", plant.pk),
        visit("organizations:conversion-edit", Conversion.objects.get(site__organization=plant).pk),
        visit("organizations:acting-list", plant.pk),
        visit("matching:match-detail", match.pk),
        visit("matching:run-list", plant.pk),
        visit("matching:run-detail", plant.matching_runs.first().pk),
        visit("proposals:proposal-create", theirs.pk),
        visit("plans:plan-list"),
        visit("plans:plan-create"),
        visit("plans:plan-detail", plan.pk),
        visit("plans:plan-compare", query=f"?plan={plan.pk}"),
        visit("exchanges:outcomes-of-organization", plant.pk),
        visit("imports:import-list"),
        visit("imports:import-detail", plant.imports.first().pk),
        visit("webhooks:webhook-list", plant.pk),
        visit("webhooks:webhook-detail", plant.webhooks.first().pk),
        visit("notifications"),
        visit("mail-preferences"),
        visit("tokens"),
    ]


def _of_proposals() -> list[Visit]:
    visit = _to(MEMBER)
    live = Proposal.objects.get(status="live")
    negotiating = Proposal.objects.get(status="negotiating")
    plant = User.objects.get(email=MEMBER).organizations.get()
    other = Organization.objects.get(external_id="refinery")
    assert plant in (live.from_organization, live.to_organization)
    return [
        visit("proposals:proposal-list"),
        visit("proposals:proposal-board"),
        visit("proposals:proposal-detail", negotiating.pk),
        visit("proposals:proposal-detail", live.pk, variant="live"),
        visit("proposals:terms-offer", negotiating.pk),
        visit("proposals:contact", other.pk),
        visit("exchanges:exchange", live.pk),
    ]


def _of_a_facilitator() -> list[Visit]:
    visit = _to(FACILITATOR)
    return [
        visit("dashboard", variant="without an organization"),
        visit("exchanges:outcomes"),
        visit("style"),
    ]


def _of_the_admin() -> list[Visit]:
    visit = _to(FACILITATOR)
    flow = ResourceFlow.objects.order_by("pk").first()
    live = Proposal.objects.get(status="live")
    return [
        visit("admin:index"),
        visit("admin:search", query="?q=steam"),
        visit("admin:organizations_organization_changelist"),
        visit("admin:organizations_resourceflow_changelist", query="?direction__exact=input"),
        visit("admin:organizations_resourceflow_change", flow.pk),
        visit("admin:organizations_resourceflow_history", flow.pk),
        visit("admin:organizations_site_add"),
        visit("admin:proposals_proposal_change", live.pk),
        visit("admin:history_change_changelist"),
        visit("admin:matching_matchingrun_add"),
        visit("admin:organizations_qualityfinding_changelist"),
        visit("admin:exchanges_report"),
        visit("admin:password_change"),
    ]


def cookies_of(who: str, url: str) -> list[dict[str, str]]:
    """Return what a browser keeps that has signed in, as Playwright takes it."""
    if not who:
        return []
    client = Client()
    client.force_login(User.objects.get(email=who))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url}]
