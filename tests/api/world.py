"""
One fixed world, told by the API: what every operation is sent there and answers.

Alice has heat, fly ash and manure; Charlie next door needs heat and ash; Dora needs ash, too, and
runs a digester. The examples of the schema are what is recorded here, and a test compares them.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from matching import services as matching
from matching.models import Match
from organizations.models import Membership, Organization, User
from organizations.models.user import FACILITATORS
from proposals.models import Proposal
from tests.exchanges.conftest import put
from tests.factories import (
    ConversionFactory,
    MatchClusterFactory,
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
    UserFactory,
)

API = "/api/v1"
_NAME = re.compile(r"\{(\w+)\}")
# Of long lists an example shows the beginning.
SHOWN = 2
ROWS = "site,direction,resource_type,name,amount\n"
FILES = {
    "plan.pdf": b"%PDF-1.7\n%%EOF\n",
    "flows.csv": f"{ROWS}Power station,output,heat.hot_water,Condenser,120\n"
    "Power station,output,heat.steam,Boiler,much\n".encode(),
}


@dataclass(frozen=True)
class Step:
    """
    A request, by whom, and what it exemplifies.

    `keep`: name → member of the answer, such as "id", that later steps fill into {name}.
    """

    operation: str
    who: str
    method: str
    path: str
    body: Any = None
    keep: dict[str, str] = field(default_factory=dict)
    then: Callable[["World"], None] | None = None
    today: datetime | None = None
    content_type: str = "application/json"


class World:
    """The people, their clients, and the ids of what they speak of."""

    def __init__(self, run_events: Callable[[], None]) -> None:
        self.run_events = run_events
        self.clients: dict[str, APIClient] = {}
        self.known: dict[str, str] = {"rows": "flows"}
        self.users: dict[str, User] = {}
        for name, works in (("Alice", "Power Works"), ("Charlie", "Greenhouses"),
                            ("Dora", "Cement Works"), ("Nora", "")):  # fmt: skip
            self._settle(name, works)
        self.users["Bob"] = self._user("Bob")
        Membership.objects.create(
            organization=self.organization("alice"), user=self.users["Bob"], role="member"
        )
        self.users["Frida"] = self._user("Frida", is_staff=True)
        self.users["Frida"].groups.add(Group.objects.get_or_create(name=FACILITATORS)[0])
        self._stage()

    def _user(self, name: str, **fields: Any) -> User:
        user = UserFactory(email=f"{name.lower()}@example.org", full_name=name, **fields)
        client = APIClient()
        client.force_authenticate(user)
        self.clients[name] = client
        return user

    def _settle(self, name: str, works: str) -> None:
        user = self.users[name] = self._user(name)
        if works:
            organization = OrganizationFactory(name=f"{name}’s {works}", sector="35.11")
            Membership.objects.create(organization=organization, user=user, role="owner")
            key = name.lower()
            self.known[key] = str(organization.pk)
            self.known[f"{key}s_membership"] = str(user.memberships.get().pk)

    def organization(self, key: str) -> Organization:
        return Organization.objects.get(pk=self.known[key])

    def _stage(self) -> None:
        alice, charlie, dora = (self.organization(name) for name in ("alice", "charlie", "dora"))
        power = SiteFactory(organization=alice, name="Power station", city="Kalundborg")
        glass = SiteFactory(
            organization=charlie, name="Greenhouse", city="Kalundborg",
            location="POINT(11.1 55.68)", country="DK",
        )  # fmt: skip
        kiln = SiteFactory(
            organization=dora, name="Kiln", city="Slagelse", location="POINT(11.35 55.68)"
        )
        heat = ResourceFlowFactory(
            site=power, name="Surplus heat", temperature_celsius_min=85,
            temperature_celsius_max=95, contaminants={"cd": 1},
        )  # fmt: skip
        need = ResourceFlowFactory(
            site=glass, name="Heat for tomatoes", direction="input", type_code="heat", amount=500,
            temperature_celsius_min=70, current_cost_per_unit=60,
        )  # fmt: skip
        ash = ResourceFlowFactory(site=power, name="Fly ash", type_code="mineral.fly_ash")
        bricks, cement = (
            ResourceFlowFactory(
                site=site, name=name, direction="input", type_code="mineral.fly_ash",
                amount=amount, current_cost_per_unit=cost,
            )
            for site, name, amount, cost in (
                (glass, "Ash for paths", 700, 40), (kiln, "Ash for cement", 600, 30),
            )
        )  # fmt: skip
        # Nearly fits: hotter than Alice's.
        ResourceFlowFactory(
            site=kiln, name="Steam", direction="input", type_code="heat",
            temperature_celsius_min=110,
        )  # fmt: skip
        manure = ResourceFlowFactory(
            site=power, type_code="organic.manure", name="Manure", current_cost_per_unit=5
        )
        digester = ConversionFactory(site=kiln, name="Digester", cost_eur_per_unit=3)
        ResourceFlowFactory(
            site=glass, direction="input", type_code="gas.biogas", name="Boiler", amount=500,
            current_cost_per_unit=60,
        )  # fmt: skip
        for flow in (heat, ash):
            matching.rematch_flow(flow_id=flow.pk)
        cluster = MatchClusterFactory(place="Kalundborg")
        rows = {
            "power": power, "heat": heat, "need": need, "ash": ash, "manure": manure,
            "digester": digester, "cluster": cluster,
            "match": Match.objects.get(output=heat, input=need),
            "of_bricks": Match.objects.get(output=ash, input=bricks),
            "of_cement": Match.objects.get(output=ash, input=cement),
        }  # fmt: skip
        self.known |= {name: str(row.pk) for name, row in rows.items()}
        self.run_events()

    def send(self, step: Step, **headers: str) -> Any:
        """Send what a step sends, by its client."""
        client = self.clients[step.who]
        method = getattr(client, step.method.lower())
        url = f"{API}{self.filled(step.path)}"
        if step.method == "GET":
            return method(url, headers=headers)
        body = self.body_of(step)
        if step.content_type == "text/csv":
            return method(url, body, content_type="text/csv", headers=headers)
        if step.content_type == "multipart/form-data":
            body["file"] = SimpleUploadedFile(body["file"], FILES[body["file"]])
            return method(url, body, format="multipart", headers=headers)
        return method(url, body, headers=headers)

    def body_of(self, step: Step) -> Any:
        """Return what a step sends; of a form, files by their names."""
        if step.content_type == "text/csv":
            return step.body
        return json.loads(self.filled(json.dumps(step.body)))

    def filled(self, text: str) -> str:
        return _NAME.sub(lambda name: self.known.get(name[1], name[0]), text)

    def perform(self, step: Step) -> Any:
        """Send a step, and learn what it makes."""
        now = mock.patch("django.utils.timezone.now", return_value=step.today)
        with now if step.today else nullcontext():
            answer = self.send(step)
        where = f"{step.operation}: {step.method} {step.path}"
        assert 200 <= answer.status_code < 300, (where, answer.content.decode()[:500])
        for name, member in step.keep.items():
            told = answer.json()
            self.known[name] = str((told[0] if isinstance(told, list) else told)[member])
        if step.then is not None:
            step.then(self)
        return answer


def _work(world: World) -> None:
    world.run_events()


def _go_live(world: World) -> None:
    proposal = Proposal.objects.get(pk=world.known["exchange"])
    put(proposal, "live", at=datetime(2026, 1, 15, tzinfo=UTC))


FLOW = {
    "site_id": "{power}", "resource_type": "heat.hot_water", "direction": "output",
    "name": "Cooling water", "description": "Of the second turbine.", "visibility": "public",
    "quantity": {"amount": 2, "unit": "GWh", "per": "year", "precision_level": "measured"},
    "quality": {"temperature_celsius": {"min": 40, "max": 45}, "contaminants_mg_kg": {"cl": 20}},
    "temporal_profile": {"pattern": "continuous", "hours_of_week": ["Mon-Fri 06:00-22:00"],
                         "months": [1, 2, 3, 10, 11, 12]},
    "pricing": {"price_per_unit": 12.5, "currency": "EUR"},
    "logistics": {"methods": ["pipe"], "max_distance_km": 5},
}  # fmt: skip
QUERY = {
    "resource": {
        "resource_type": "heat.hot_water", "direction": "output",
        "quantity": {"amount": 2, "unit": "GWh", "per": "year"},
        "quality": {"temperature_celsius": {"min": 75, "max": 90}},
    },
    "location": {"type": "Point", "coordinates": [11.09, 55.68]},
    "constraints": {"max_distance_km": 5, "min_score": 0.1, "max_results": 10},
    "weights": {"economic": 0.4},
}  # fmt: skip
SITE = {
    "organization_id": "{alice}", "name": "Harbour", "address": "Quay 1", "postal_code": "4400",
    "city": "Kalundborg", "country": "DK",
    "location": {"type": "Point", "coordinates": [11.08, 55.67]},
    "holds_hazardous_waste_permit": False,
}  # fmt: skip
CONVERSION = {
    "site_id": "{power}", "name": "Fermenter", "from_type": "organic.manure",
    "to_type": "gas.biogas", "yield_per_unit": 0.2, "capacity_per_year": 5000,
    "cost_eur_per_unit": 3, "source": "Measured", "visibility": "public",
}  # fmt: skip
PROPOSAL = {
    "from_org_id": "{charlie}", "to_org_id": "{alice}", "resource_id": "{heat}",
    "resource_type": "output", "match_id": "{match}", "message": "May we have it?",
    "quantity": 500, "price_per_unit": 12,
}  # fmt: skip
TERMS = {
    "based_on": 1, "quantity": 450, "price_per_unit": 14, "start_date": "2099-01-01",
    "duration_months": 120, "connection_recipient_pct": 50, "comment": "Less in summer",
}  # fmt: skip
EXCHANGE = {
    "from_org_id": "{dora}", "to_org_id": "{alice}", "resource_id": "{ash}",
    "resource_type": "output", "match_id": "{of_cement}", "message": "We could use your ash.",
    "quantity": 300, "price_per_unit": 5,
}  # fmt: skip
CONTACT = {
    "person": "Alice", "email": "alice@example.org", "phone": "+45 12 34 56 78",
    "disclosed_from": "public",
}  # fmt: skip
PROGRESS_SEEN = datetime(2026, 4, 1, tzinfo=UTC)
YEAR = "first=2026-01&last=2026-12"


def steps() -> Iterator[Step]:
    """Yield the requests in their order: one at least for each operation."""
    yield Step("users_me_retrieve", "Alice", "GET", "/users/me")
    yield Step("users_me_organizations_list", "Alice", "GET", "/users/me/organizations")
    yield Step("users_me_mail_retrieve", "Alice", "GET", "/users/me/mail")
    mail = {"proposals": "daily", "matches": "none", "language": "en"}
    yield Step("users_me_mail_partial_update", "Alice", "PATCH", "/users/me/mail", mail)
    yield from _tokens()
    yield from _organizations()
    yield from _flows()
    yield from _matches()
    yield from _proposals()
    yield from _exchanges()
    yield from _plans()
    yield from _notifications()
    yield from _imports()
    yield from _webhooks()
    yield from _ends()


def _tokens() -> Iterator[Step]:
    token = {"name": "ERP in Kalundborg", "scope": "read", "expiry": "2099-01-01T00:00:00Z"}
    yield Step("tokens_create", "Alice", "POST", "/tokens", token, {"token": "id"})
    yield Step("tokens_list", "Alice", "GET", "/tokens")
    yield Step("tokens_retrieve", "Alice", "GET", "/tokens/{token}")
    yield Step("tokens_destroy", "Alice", "DELETE", "/tokens/{token}")


def _organizations() -> Iterator[Step]:
    new = {
        "name": "Water Works", "subtype": "utility", "sector": "36.00", "description": "",
        "website": "https://example.org", "visibility": "public", "figures_from": "matched",
    }  # fmt: skip
    yield Step("organizations_create", "Nora", "POST", "/organizations", new, {"nora": "id"})
    yield Step("organizations_list", "Alice", "GET", "/organizations")
    yield Step("organizations_retrieve", "Alice", "GET", "/organizations/{alice}")
    change = {"description": "Heat and power for the town."}
    yield Step("organizations_partial_update", "Alice", "PATCH", "/organizations/{alice}", change)
    members = "/organizations/{alice}/members"
    nora = {"email": "nora@example.org", "role": "viewer"}
    yield Step("organizations_members_create", "Alice", "POST", members, nora, {"member": "id"})
    yield Step("organizations_members_list", "Alice", "GET", members)
    one = f"{members}/{{member}}"
    yield Step("organizations_members_retrieve", "Alice", "GET", one)
    yield Step("organizations_members_partial_update", "Alice", "PATCH", one, {"role": "member"})
    yield Step("organizations_members_destroy", "Alice", "DELETE", one)
    contact = "/organizations/{alice}/contact"
    yield Step("organizations_contact_partial_update", "Alice", "PATCH", contact, CONTACT)
    yield Step("organizations_contact_retrieve", "Charlie", "GET", contact)
    yield Step("organizations_disclosures_list", "Alice", "GET",
               "/organizations/{alice}/disclosures")  # fmt: skip
    yield Step("sites_create", "Alice", "POST", "/sites", SITE, {"harbour": "id"})
    yield Step("sites_list", "Alice", "GET", "/sites?q=Harbour")
    yield Step("sites_list", "Alice", "GET", "/sites?q=Harbour&format=geojson")
    yield Step("organizations_sites_list", "Alice", "GET",
               "/organizations/{alice}/sites?q=Harbour")  # fmt: skip
    yield Step("organizations_sites_list", "Alice", "GET",
               "/organizations/{alice}/sites?q=Harbour&format=geojson")  # fmt: skip
    yield Step("sites_retrieve", "Alice", "GET", "/sites/{harbour}")
    yield Step("sites_retrieve", "Alice", "GET", "/sites/{harbour}?format=geojson")
    change = {"name": "Old quay"}
    for form in ("", "?format=geojson"):
        other = SITE | {"name": "Depot"}
        yield Step("sites_create", "Alice", "POST", f"/sites{form}", other)
        yield Step("sites_partial_update", "Alice", "PATCH", f"/sites/{{harbour}}{form}", change)


def _flows() -> Iterator[Step]:
    yield Step("resource_types_list", "Alice", "GET", "/resource-types")
    flows = "/resource-flows"
    yield Step("resource_flows_create", "Alice", "POST", flows, FLOW, {"flow": "id"})
    yield Step("resource_flows_create", "Alice", "POST", f"{flows}?format=geojson",
               FLOW | {"name": "Spare"})  # fmt: skip
    change = {"quantity": {"amount": 2.5}, "status": "paused"}
    for form in ("", "&format=geojson"):
        yield Step("resource_flows_list", "Alice", "GET", f"{flows}?q=cooling{form}")
        yield Step("organizations_resource_flows_list", "Alice", "GET",
                   f"/organizations/{{alice}}/resource-flows?q=cooling{form}")  # fmt: skip
        flow = f"{flows}/{{flow}}{form.replace('&', '?')}"
        yield Step("resource_flows_retrieve", "Alice", "GET", flow)
        yield Step("resource_flows_partial_update", "Alice", "PATCH", flow, change)
    yield Step("conversions_create", "Alice", "POST", "/conversions", CONVERSION, {"own": "id"})
    yield Step("conversions_list", "Alice", "GET", "/conversions?organization_id={alice}")
    yield Step("conversions_retrieve", "Alice", "GET", "/conversions/{own}")
    change = {"capacity_per_year": 6000}
    yield Step("conversions_partial_update", "Alice", "PATCH", "/conversions/{own}", change)


def _matches() -> Iterator[Step]:
    for form in ("", "&format=geojson"):
        yield Step("matches_list", "Alice", "GET", f"/matches?resource_type=heat{form}")
        yield Step("matches_retrieve", "Alice", "GET",
                   f"/matches/{{match}}{form.replace('&', '?')}")  # fmt: skip
    yield Step("matches_clusters_list", "Alice", "GET", "/matches/clusters")
    yield Step("matches_clusters_list", "Alice", "GET", "/matches/clusters?format=geojson")
    cluster = "/matches/clusters/{cluster}"
    yield Step("matches_clusters_retrieve", "Alice", "GET", cluster)
    yield Step("matches_clusters_retrieve", "Alice", "GET", f"{cluster}?format=geojson")
    yield Step("matching_query_create", "Nora", "POST", "/matching/query", QUERY)
    yield Step("organizations_matching_direct_retrieve", "Alice", "GET",
               "/organizations/{alice}/matching/direct")  # fmt: skip
    heat = "/resource-flows/{heat}"
    for form in ("", "?format=geojson"):
        yield Step("resource_flows_matches_list", "Alice", "GET", f"{heat}/matches{form}")
    yield Step("resource_flows_near_misses_list", "Alice", "GET", f"{heat}/near-misses")
    yield Step("resource_flows_combinations_list", "Alice", "GET",
               "/resource-flows/{ash}/combinations")  # fmt: skip
    yield Step("resource_flows_chains_list", "Alice", "GET", "/resource-flows/{manure}/chains")
    run = "/organizations/{alice}/matching/run"
    yield Step("organizations_matching_run_create", "Alice", "POST", run, None, {"job": "id"})
    yield Step("jobs_cancel_create", "Alice", "POST", "/jobs/{job}/cancel")
    yield Step("jobs_retrieve", "Alice", "GET", "/jobs/{job}")


def _proposals() -> Iterator[Step]:
    yield Step("proposals_create", "Charlie", "POST", "/proposals", PROPOSAL, {"proposal": "id"})
    yield Step("proposals_list", "Alice", "GET", "/proposals?status=pending")
    yield Step("organizations_proposals_retrieve", "Alice", "GET",
               "/organizations/{alice}/proposals")  # fmt: skip
    one = "/proposals/{proposal}"
    accepted = {"status": "accepted", "comment": "Gladly"}
    yield Step("proposals_status_create", "Alice", "POST", f"{one}/status", accepted)
    yield Step("proposals_status_create", "Alice", "POST", f"{one}/status",
               {"status": "negotiating"})  # fmt: skip
    yield Step("proposals_terms_create", "Alice", "POST", f"{one}/terms", TERMS)
    yield Step("proposals_terms_list", "Charlie", "GET", f"{one}/terms")
    yield Step("proposals_terms_confirm_create", "Charlie", "POST", f"{one}/terms/2/confirm",
               {"comment": "Agreed"})  # fmt: skip
    yield Step("proposals_retrieve", "Charlie", "GET", one)
    text = {"text": "When can we see the place?"}
    yield Step("proposals_messages_create", "Charlie", "POST", f"{one}/messages", text)
    yield Step("proposals_messages_list", "Alice", "GET", f"{one}/messages")
    yield Step(
        "proposals_attachments_create", "Alice", "POST", f"{one}/attachments",
        {"text": "The plan of the pipe", "file": "plan.pdf"}, {"attachment": "id"},
        content_type="multipart/form-data",
    )  # fmt: skip
    yield Step("proposals_attachments_list", "Charlie", "GET", f"{one}/attachments")
    yield Step("proposals_attachments_content_retrieve", "Charlie", "GET",
               f"{one}/attachments/{{attachment}}/content")  # fmt: skip


def _exchanges() -> Iterator[Step]:
    yield Step("proposals_create", "Dora", "POST", "/proposals", EXCHANGE, {"exchange": "id"},
               then=_go_live)  # fmt: skip
    one = "/proposals/{exchange}"
    deliveries = f"{one}/deliveries"
    body = {"month": "2026-01", "quantity": 25.5, "note": "Weighed"}
    yield Step("proposals_deliveries_create", "Alice", "POST", deliveries, body, {"month": "id"})
    yield Step("proposals_deliveries_list", "Dora", "GET", deliveries)
    yield Step("proposals_deliveries_retrieve", "Dora", "GET", f"{deliveries}/{{month}}")
    yield Step("proposals_deliveries_confirm_create", "Dora", "POST",
               f"{deliveries}/{{month}}/confirm", {"quantity": 25.5})  # fmt: skip
    table = "month,quantity,note\n2026-02,20,Weighed\n2026-03,30,\n"
    yield Step("proposals_deliveries_import_create", "Alice", "POST", f"{deliveries}/import",
               table, content_type="text/csv")  # fmt: skip
    body = {"month": "2026-02", "jobs": 2, "private_investment_eur": 40000, "note": ""}
    yield Step("proposals_declarations_create", "Dora", "POST", f"{one}/declarations", body)
    yield Step("proposals_declarations_list", "Alice", "GET", f"{one}/declarations")
    yield Step("proposals_progress_retrieve", "Dora", "GET", f"{one}/progress",
               today=PROGRESS_SEEN)  # fmt: skip
    of_alice = f"/organizations/{{alice}}/outcomes?{YEAR}"
    yield Step("organizations_outcomes_retrieve", "Alice", "GET", of_alice)
    yield Step("organizations_outcomes_retrieve", "Alice", "GET", f"{of_alice}&format=csv")
    yield Step("outcomes_retrieve", "Frida", "GET", f"/outcomes?{YEAR}")
    yield Step("outcomes_retrieve", "Frida", "GET", f"/outcomes?{YEAR}&format=csv")


def _plans() -> Iterator[Step]:
    new = {
        "name": "Ash", "organization_id": "{alice}", "resource_type": "mineral",
        "area": {"type": "Polygon",
                 "coordinates": [[[11, 55], [12, 55], [12, 56], [11, 56], [11, 55]]]},
        "cities": ["Kalundborg", "Slagelse"], "is_blended": True,
    }  # fmt: skip
    yield Step("plans_create", "Alice", "POST", "/plans", new, {"plan": "id"}, then=_work)
    yield Step("plans_list", "Alice", "GET", "/plans")
    yield Step("plans_retrieve", "Alice", "GET", "/plans/{plan}")
    yield Step("plans_exchanges_list", "Alice", "GET", "/plans/{plan}/exchanges")
    yield Step("plans_exchanges_list", "Alice", "GET", "/plans/{plan}/exchanges?format=geojson")
    yield Step("plans_flows_list", "Alice", "GET", "/plans/{plan}/flows")
    chosen = {"from_org_id": "{alice}", "match_ids": ["{of_bricks}"]}
    yield Step("plans_proposals_create", "Alice", "POST", "/plans/{plan}/proposals", chosen)
    other = {
        "name": "Energy at 150 %, and a brickyard", "scenario_of_id": "{plan}",
        "energy_price_pct": 150, "closed": ["{dora}"], "sample_count": 10,
        "plants": [{
            "name": "Brickyard", "location": {"type": "Point", "coordinates": [11.2, 55.6]},
            "flows": [{"direction": "input", "resource_type": "mineral.fly_ash",
                       "quantity_per_year": 800, "cost_eur_per_unit": 35}],
        }],
    }  # fmt: skip
    yield Step("plans_create", "Alice", "POST", "/plans", other, {"scenario": "id"})
    yield Step("plans_retrieve", "Alice", "GET", "/plans/{scenario}")
    yield Step("plans_cancel_create", "Alice", "POST", "/plans/{scenario}/cancel")


def _notifications() -> Iterator[Step]:
    yield Step("notifications_list", "Alice", "GET", "/notifications", keep={"news": "id"})
    body = {"up_to": 10**12}
    yield Step("notifications_read_create", "Alice", "POST", "/notifications/read", body)
    yield Step("notifications_read_retrieve", "Alice", "GET", "/notifications/read")


def _imports() -> Iterator[Step]:
    for form in ("", "?format=geojson"):
        yield Step("imports_templates_retrieve", "Alice", "GET",
                   f"/imports/templates/{{rows}}{form}")  # fmt: skip
    body = {"resource": "flows", "organization_id": "{alice}", "file": "flows.csv"}
    yield Step("imports_create", "Alice", "POST", "/imports", body, {"import": "id"}, then=_work,
               content_type="multipart/form-data")  # fmt: skip
    yield Step("imports_create", "Alice", "POST",
               "/imports?resource=flows&organization_id={alice}&name=flows.csv",
               FILES["flows.csv"].decode(), {"other": "id"}, content_type="text/csv")  # fmt: skip
    yield Step("imports_cancel_create", "Alice", "POST", "/imports/{other}/cancel")
    yield Step("imports_list", "Alice", "GET", "/imports")
    one = "/imports/{import}"
    yield Step("imports_retrieve", "Alice", "GET", one)
    yield Step("imports_rows_list", "Alice", "GET", f"{one}/rows")
    yield Step("imports_confirm_create", "Alice", "POST", f"{one}/confirm", then=_work)
    taken = "/exports/{rows}?organization={alice}&direction=output"
    for form in ("", "&format=geojson"):
        yield Step("exports_retrieve", "Alice", "GET", f"{taken}{form}")


def _webhooks() -> Iterator[Step]:
    """Nobody works in between: nothing is sent to an address of these."""
    new = {
        "organization_id": "{alice}", "url": "https://erp.example.org/turash",
        "description": "ERP", "event_types": ["match_found", "proposal_created"],
    }  # fmt: skip
    yield Step("webhooks_create", "Alice", "POST", "/webhooks", new, {"webhook": "id"})
    yield Step("webhooks_list", "Alice", "GET", "/webhooks")
    one = "/webhooks/{webhook}"
    yield Step("webhooks_retrieve", "Alice", "GET", one)
    yield Step("webhooks_partial_update", "Alice", "PATCH", one, {"event_types": []})
    yield Step("webhooks_secret_create", "Alice", "POST", f"{one}/secret", {"at_once": False})
    yield Step("webhooks_test_create", "Alice", "POST", f"{one}/test", None, {"delivery": "id"})
    yield Step("webhooks_deliveries_list", "Alice", "GET", f"{one}/deliveries")
    delivery = f"{one}/deliveries/{{delivery}}"
    yield Step("webhooks_deliveries_retrieve", "Alice", "GET", delivery)
    yield Step("webhooks_deliveries_replay_create", "Alice", "POST", f"{delivery}/replay")
    yield Step("webhooks_disable_create", "Alice", "POST", f"{one}/disable")
    yield Step("webhooks_enable_create", "Alice", "POST", f"{one}/enable")


def _ends() -> Iterator[Step]:
    dismissal = {"reason": "A road lies between.", "category": "too_far",
                 "organization_id": "{charlie}"}  # fmt: skip
    yield Step("matches_dismiss_create", "Charlie", "POST", "/matches/{of_bricks}/dismiss",
               dismissal)  # fmt: skip
    yield Step("webhooks_destroy", "Alice", "DELETE", "/webhooks/{webhook}")
    yield Step("conversions_destroy", "Alice", "DELETE", "/conversions/{own}")
    yield Step("resource_flows_destroy", "Alice", "DELETE", "/resource-flows/{flow}")
    yield Step("sites_destroy", "Alice", "DELETE", "/sites/{harbour}?format=geojson")
    yield Step("organizations_destroy", "Nora", "DELETE", "/organizations/{nora}")
