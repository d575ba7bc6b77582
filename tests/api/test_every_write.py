"""Every field of every write, replaced by nonsense: a problem says so, and nothing is written."""

import json

import pytest
from django.conf import settings
from django.core.serializers import serialize

from exchanges.models import Declaration, Delivery
from matching.models import Match, MatchDismissal, MatchingRun
from organizations.models import Contact, Conversion, Membership, Organization, ResourceFlow, Site
from plans.models import Plan
from proposals.models import Proposal, ProposalMessage, ProposalTerms, ProposalTransition
from tests.api.test_bad_input import assert_problem, changed
from tests.api.test_flows import full_flow
from tests.factories import ConversionFactory, ResourceFlowFactory, SiteFactory, UserFactory
from tests.proposals.stages import propose
from turash.mail.models import MailPreference
from turash.realtime.models import ReadMark
from webhooks.models import Webhook

pytestmark = pytest.mark.django_db

API = "/api/v1"
WRITES = [
    "create organization", "change organization", "add member", "change member", "create site",
    "change site", "create flow", "change flow", "dismiss match", "create proposal",
    "decide proposal", "create conversion", "change conversion", "post message",
    "report delivery", "declare outcome", "change mail preference", "mark as read",
    "change contact",
    "offer terms", "confirm terms", "request plan", "propose planned", "create webhook",
    "change webhook", "rotate secret",
]  # fmt: skip
# Raw JSON, because no encoder writes half of it. No field of any write takes these …
WRONG_EVERYWHERE = [
    "1e308", "-1e308", "9" * 19, "1" + "0" * 400, f'"{"x" * 50_000}"', "[[]]", "[null]", "[{}]",
    '{"a": {"b": []}}', '{"min": {}, "max": []}', '{"type": "Point", "coordinates": [[1, 2]]}',
]  # fmt: skip
# … and these no body may hold at all.
UNSTORABLE = [
    "NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 5000, '"\\u0000"', '"a\\u0000b"',
    '"\\ud800"', '["\\u0000"]', '["\\ud800"]', '{"\\ud800": 1}', '{"\\u0000": 1}',
    "[" * 20 + "]" * 20, "[" * 800 + "]" * 800,
]  # fmt: skip
WRITTEN = [
    Organization, Membership, Site, ResourceFlow, Proposal, ProposalTransition, MatchDismissal,
    MatchingRun, Conversion, Delivery, Declaration, MailPreference, ReadMark, Contact,
    ProposalMessage, ProposalTerms, Plan, Webhook,
]  # fmt: skip


@pytest.fixture
def writes(alice, bob, alices_organization, charlies_organization, run_events) -> dict:
    """Name → (method, address, body) of what Alice may send, one for each of `WRITES`."""
    site = SiteFactory(organization=alices_organization)
    ours = ResourceFlowFactory(site=site)
    theirs = ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization), direction="input", type_code="heat"
    )
    run_events()
    match = Match.objects.get()
    proposal = Proposal.objects.create(
        from_organization=charlies_organization,
        to_organization=alices_organization,
        resource=ours,
        message="Hello",
    )
    organization = f"{API}/organizations/{alices_organization.pk}"
    membership = bob.memberships.get()
    of_organization = {
        "name": "New", "subtype": "business", "sector": "35.11", "description": "",
        "website": "https://example.org", "visibility": "public",
    }  # fmt: skip
    of_site = {
        "organization_id": str(alices_organization.pk), "name": "New", "address": "Way 1",
        "postal_code": "4400", "city": "Kalundborg", "country": "DK",
        "location": {"type": "Point", "coordinates": [11.09, 55.68]},
        "holds_hazardous_waste_permit": False,
    }  # fmt: skip
    of_member = {"email": UserFactory().email, "role": "member"}
    of_dismissal = {
        "reason": "Under a road", "category": "too_far",
        "organization_id": str(alices_organization.pk),
    }  # fmt: skip
    of_proposal = {
        "from_org_id": str(alices_organization.pk), "to_org_id": str(charlies_organization.pk),
        "resource_id": str(theirs.pk), "resource_type": "input", "match_id": str(match.pk),
        "message": "Hello", "quantity": 5, "price_per_unit": 1,
        "valid_until": "2099-01-01T00:00:00Z",
    }  # fmt: skip
    negotiated = propose(
        charlies_organization.memberships.get(), alices_organization.memberships.get(role="owner")
    )
    Proposal.objects.filter(pk=negotiated.pk).update(status="accepted")
    Proposal.objects.filter(pk=negotiated.pk).update(status="negotiating")
    of_terms = {
        "based_on": 1, "quantity": 5, "price_per_unit": 1, "start_date": "2099-01-01",
        "duration_months": 12, "connection_recipient_pct": 50, "comment": "Better",
    }  # fmt: skip
    of_decision = {"status": "accepted", "comment": "Gladly"}
    of_conversion = {
        "site_id": str(site.pk), "name": "Digester", "from_type": "organic.manure",
        "to_type": "gas.biogas", "yield_per_unit": 0.2, "capacity_per_year": 5000,
        "cost_eur_per_unit": 3, "source": "Measured", "visibility": "public",
    }  # fmt: skip
    conversion = ConversionFactory(site=site)
    of_delivery = {"month": "2026-03", "quantity": 5, "note": "Weighed"}
    of_declaration = {
        "month": "2026-03", "jobs": 2.5, "private_investment_eur": 1000, "note": "",
        "organization_id": str(alices_organization.pk),
    }  # fmt: skip
    of_mail = {"proposals": "daily", "matches": "none", "language": "tt"}
    plan = Plan.objects.create(name="All", organization=alices_organization)
    of_plan = {
        "name": "Heat", "organization_id": str(alices_organization.pk),
        "scenario_of_id": str(plan.pk), "bbox": [11, 55, 12, 56], "cities": ["Kalundborg"],
        "resource_type": "heat", "objective": "mix", "co2_price_eur_per_t": 50,
        "energy_price_pct": 120, "max_distance_km": 20, "min_share_pct": 5, "budget_eur": 1000,
        "has_fixed_costs": True, "shares_trenches": False, "time_limit_s": 10,
        "must": [str(match.pk)], "never": [],
    }  # fmt: skip
    of_planned = {"from_org_id": str(alices_organization.pk), "match_ids": [str(match.pk)]}
    of_contact = {
        "person": "Alice", "email": "a@example.org", "phone": "+45 12", "disclosed_from": "never",
    }  # fmt: skip
    webhook = Webhook.objects.create(
        organization=alices_organization, url="https://example.org/hook", secret="sealed"
    )
    of_webhook = {
        "url": "https://example.org/other", "description": "ERP", "event_types": ["match_found"],
    }  # fmt: skip
    requests = [
        ("post", f"{API}/organizations", of_organization),
        ("patch", organization, of_organization),
        ("post", f"{organization}/members", of_member),
        ("patch", f"{organization}/members/{membership.pk}", {"role": "viewer"}),
        ("post", f"{API}/sites", of_site),
        ("patch", f"{API}/sites/{site.pk}", of_site),
        ("post", f"{API}/resource-flows", full_flow(site)),
        ("patch", f"{API}/resource-flows/{ours.pk}", full_flow(site)),
        ("post", f"{API}/matches/{match.pk}/dismiss", of_dismissal),
        ("post", f"{API}/proposals", of_proposal),
        ("post", f"{API}/proposals/{proposal.pk}/status", of_decision),
        ("post", f"{API}/conversions", of_conversion),
        ("patch", f"{API}/conversions/{conversion.pk}", of_conversion),
        ("post", f"{API}/proposals/{proposal.pk}/messages", {"text": "Hello"}),
        ("post", f"{API}/proposals/{proposal.pk}/deliveries", of_delivery),
        ("post", f"{API}/proposals/{proposal.pk}/declarations", of_declaration),
        ("patch", f"{API}/users/me/mail", of_mail),
        ("post", f"{API}/notifications/read", {"up_to": 1}),
        ("patch", f"{organization}/contact", of_contact),
        ("post", f"{API}/proposals/{negotiated.pk}/terms", of_terms),
        ("post", f"{API}/proposals/{negotiated.pk}/terms/1/confirm", {"comment": "Fine"}),
        ("post", f"{API}/plans", of_plan),
        ("post", f"{API}/plans/{plan.pk}/proposals", of_planned),
        (
            "post",
            f"{API}/webhooks",
            of_webhook | {"organization_id": str(alices_organization.pk)},
        ),
        ("patch", f"{API}/webhooks/{webhook.pk}", of_webhook),
        ("post", f"{API}/webhooks/{webhook.pk}/secret", {"at_once": True}),
    ]
    return dict(zip(WRITES, requests, strict=True))


@pytest.fixture(params=WRITES)
def send(request, api_as, alice, writes):
    """Send raw text to one of the writes; it must be refused, and its problem is returned."""
    method, url, body = writes[request.param]
    client = api_as(alice)

    def refused(raw: str) -> dict:
        response = getattr(client, method)(url, raw, content_type="application/json")
        assert_problem(response)
        return response.json()

    refused.body = body
    return refused


def stored() -> list[str]:
    return [serialize("json", model.objects.order_by("pk")) for model in WRITTEN]


def paths_of(body: dict, prefix: str = ""):
    for name, value in body.items():
        yield prefix + name
        if isinstance(value, dict):
            yield from paths_of(value, f"{prefix}{name}.")


def by_depth(paths: list[str]) -> list[list[str]]:
    """Those that do not lie in each other, together."""
    depths = sorted({path.count(".") for path in paths})
    return [[path for path in paths if path.count(".") == depth] for depth in depths]


def with_raw(body: dict, paths: list[str], raw: str) -> str:
    for path in paths:
        body = changed(body, path, "@raw@")
    return json.dumps(body).replace('"@raw@"', raw)


def refused(send, paths: list[str], raw: str) -> set[str]:
    """Put the same nonsense in some fields; return those that the answer complains about."""
    problem = send(with_raw(send.body, paths, raw))
    # The complaints are about fields that are wrong, or about one inside them.
    tops = tuple(path.split(".")[0] for path in paths)
    assert all(name.startswith(tops) for name in problem["errors"]), (paths, problem)
    return {
        path
        for path in paths
        if any(name == path or name.startswith((f"{path}.", f"{path}["))
               for name in problem["errors"])
    }  # fmt: skip


def test_no_write_takes_nonsense(send):
    before = stored()
    paths = list(paths_of(send.body))
    for raw in WRONG_EVERYWHERE:
        for together in by_depth(paths):
            told = refused(send, together, raw)
            # Some rules are looked at only when the fields before them are right.
            for path in together:
                if path not in told:
                    refused(send, [path], raw)
    for path in {paths[0], max(paths, key=lambda path: path.count("."))}:
        for raw in UNSTORABLE:
            send(with_raw(send.body, [path], raw))
    for name in ("unknown", "id ", "\ud800", "\0", "x" * 100_000):
        assert send(json.dumps(send.body | {name: 1}))["errors"]
    for raw in ("{", "null", "[]", "5"):
        send(raw)
    assert stored() == before


def test_a_body_beyond_all_measure_is_413(api_as, alice):
    body = {"name": "New", "description": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}
    assert_problem(api_as(alice).post(f"{API}/organizations", body), 413)
