"""The demo region: reads kalundborg.json and creates it through the services, as people would."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.contrib.gis.geos import Point
from django.db import transaction
from django.utils import timezone

from exchanges import services as exchange_services
from exchanges.models import ExchangeFactors
from exchanges.services import Reported
from matching import services as match_services
from matching.models import Match
from organizations import services as organization_services
from organizations.api.serializers import ResourceFlowSerializer
from organizations.models import Membership, Organization, ResourceFlow, Site, User
from organizations.models.user import FACILITATORS
from proposals import services as proposal_services
from proposals.models import Proposal

DATA = Path(__file__).parent / "kalundborg.json"
SOURCE = "kalundborg"
PASSWORD = "kalundborg-demo"  # noqa: S105

Progress = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """Somebody to sign in as."""

    email: str
    password: str
    full_name: str
    role: str


@dataclass(slots=True)
class LoadReport:
    """How many rows a run added; all zero when the region was there already."""

    users: int = 0
    organizations: int = 0
    memberships: int = 0
    sites: int = 0
    flows: int = 0
    proposals: int = 0

    def __str__(self) -> str:
        added = [f"{count} {name}" for name, count in asdict(self).items() if count]
        return ", ".join(added) or "nothing new"


def read_region() -> dict[str, Any]:
    """Return the region as it stands in the file."""
    return json.loads(DATA.read_text(encoding="utf-8"))


DEMO_LOGINS = [
    DemoLogin(user["email"], PASSWORD, user["full_name"], user["role"])
    for user in read_region()["users"]
]


@transaction.atomic
def load_demo_region(progress: Progress = print) -> LoadReport:
    """
    Create what is missing of the demo region; a second run changes nothing.

    Rows are known by their key in the file, so what people changed in them since then stays.

    :raises ValidationError: if the file does not fit the rules of the services.
    """
    region = read_region()
    report = LoadReport()
    users = _load_users(region["users"], report)
    owners = {
        organization: users[user["email"]]
        for user in region["users"]
        for organization, role in user["organizations"].items()
        if role == Membership.Role.OWNER
    }
    progress(f"{len(users)} users")
    organizations = _load_organizations(region["organizations"], owners, report)
    _load_memberships(region["users"], users, organizations, owners, report)
    progress(f"{len(organizations)} organizations")
    sites = _load_sites(region["sites"], organizations, owners, report)
    progress(f"{len(sites)} sites")
    flows = _load_flows(region, sites, owners, report)
    progress(f"{len(flows)} flows")
    _load_proposals(region["proposals"], users, organizations, flows, report)
    return report


def _load_users(entries: list[dict], report: LoadReport) -> dict[str, User]:
    emails = [entry["email"] for entry in entries]
    users = {user.email: user for user in User.objects.filter(email__in=emails)}
    missing = [entry for entry in entries if entry["email"] not in users]
    # Hashing is slow on purpose, and everybody has the same public password.
    password = make_password(PASSWORD) if missing else ""
    for entry in missing:
        is_facilitator = entry["role"] == "facilitator"
        user = User.objects.create(
            email=entry["email"],
            full_name=entry["full_name"],
            password=password,
            is_staff=is_facilitator,
        )
        if is_facilitator:
            user.groups.add(Group.objects.get_or_create(name=FACILITATORS)[0])
        users[user.email] = user
        report.users += 1
    return users


def _load_organizations(
    entries: list[dict], owners: dict[str, User], report: LoadReport
) -> dict[str, Organization]:
    known = {row.external_id: row for row in Organization.objects.filter(source=SOURCE)}
    for entry in entries:
        key, fields = _without_key(entry)
        if key not in known:
            known[key] = organization_services.create_organization(
                actor=owners[key], source=SOURCE, external_id=key, **fields
            )
            report.organizations += 1
    return known


def _load_memberships(
    entries: list[dict],
    users: dict[str, User],
    organizations: dict[str, Organization],
    owners: dict[str, User],
    report: LoadReport,
) -> None:
    known = set(
        Membership.objects.filter(user__in=users.values()).values_list(
            "user__email", "organization__external_id"
        )
    )
    for entry in entries:
        for key, role in entry["organizations"].items():
            if (entry["email"], key) not in known and role != Membership.Role.OWNER:
                organization_services.add_member(
                    actor=owners[key],
                    organization=organizations[key],
                    user=users[entry["email"]],
                    role=role,
                )
                report.memberships += 1


def _load_sites(
    entries: list[dict],
    organizations: dict[str, Organization],
    owners: dict[str, User],
    report: LoadReport,
) -> dict[str, Site]:
    known = {row.external_id: row for row in Site.objects.filter(source=SOURCE)}
    for entry in entries:
        key, fields = _without_key(entry)
        if key in known:
            continue
        organization = fields.pop("organization")
        del fields["location_is_estimate"]
        known[key] = organization_services.create_site(
            actor=owners[organization],
            organization=organizations[organization],
            location=Point(fields.pop("longitude"), fields.pop("latitude"), srid=4326),
            source=SOURCE,
            external_id=key,
            **fields,
        )
        report.sites += 1
    return known


def _load_flows(
    region: dict, sites: dict[str, Site], owners: dict[str, User], report: LoadReport
) -> dict[str, ResourceFlow]:
    known = {row.external_id: row for row in ResourceFlow.objects.filter(source=SOURCE)}
    owner_of_site = {site["key"]: owners[site["organization"]] for site in region["sites"]}
    for entry in region["flows"]:
        if entry["key"] in known:
            continue
        site = sites[entry["site"]]
        description = describe(entry, region["sources"])
        data = {**entry["flow"], "site_id": str(site.pk), "description": description}
        serializer = ResourceFlowSerializer(data=data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        del values["site_id"]
        known[entry["key"]] = organization_services.create_flow(
            actor=owner_of_site[entry["site"]],
            source=SOURCE,
            external_id=entry["key"],
            site=site,
            **values,
        )
        report.flows += 1
    return known


def describe(entry: dict, sources: dict[str, dict]) -> str:
    """Return the flow's description with where its figures come from and which are estimates."""
    keys = "|".join(sources)
    source = re.sub(
        rf"\b({keys})\b",
        lambda found: "{author} ({year})".format(**sources[found[0]]),
        entry["source"],
    )
    parts = [entry["flow"]["description"], f"Source: {source}.", entry["note"]]
    if entry["estimated"]:
        parts.append(f"Estimates: {', '.join(entry['estimated'])}.")
    return "\n".join(part for part in parts if part)


def _load_proposals(
    entries: list[dict],
    users: dict[str, User],
    organizations: dict[str, Organization],
    flows: dict[str, ResourceFlow],
    report: LoadReport,
) -> None:
    for entry in entries:
        flow = flows[entry["flow"]]
        sender, target = organizations[entry["from"]], organizations[entry["to"]]
        if Proposal.objects.filter(
            from_organization=sender, to_organization=target, resource=flow
        ).exists():
            continue
        proposal = proposal_services.create_proposal(
            actor=users[entry["author"]],
            from_organization=sender,
            to_organization=target,
            resource=flow,
            direction=flow.direction,
            message=entry["message"],
            match=_match(flow, flows[entry["own_flow"]]),
            quantity=Decimal(entry["quantity"]),
            price_per_unit=Decimal(entry["price"]) if "price" in entry else None,
        )
        for step in entry["steps"]:
            _take(step, proposal, users)
        if "deliveries" in entry:
            _deliver(entry["deliveries"], proposal, users)
        report.proposals += 1


def _match(theirs: ResourceFlow, ours: ResourceFlow) -> Match | None:
    """
    Return the match of two flows, which is found here as a run would find it.

    None, where the pair is no match.
    """
    output, input_ = (theirs, ours) if theirs.direction == "output" else (ours, theirs)
    match_services.rematch_flow(flow_id=ours.pk)
    return Match.objects.filter(output=output, input=input_).for_display().first()


def _take(step: dict, proposal: Proposal, users: dict[str, User]) -> None:
    """Take a step, offer terms, or write, as somebody."""
    actor = users[step["by"]]
    if "status" in step:
        proposal_services.move_proposal(
            proposal_id=proposal.pk,
            actor=actor,
            status=step["status"],
            comment=step.get("comment", ""),
        )
    elif "terms" in step:
        proposal.refresh_from_db()
        proposal_services.offer_terms(
            proposal_id=proposal.pk,
            actor=actor,
            based_on=proposal.terms_version,
            comment=step.get("comment", ""),
            **{
                name: Decimal(value) if name in ("quantity", "price_per_unit") else value
                for name, value in step["terms"].items()
            },
        )
    else:
        proposal_services.post_message(proposal=proposal, actor=actor, text=step["message"])


def _deliver(deliveries: dict, proposal: Proposal, users: dict[str, User]) -> None:
    """Report the months before this one, the last of them unconfirmed."""
    months = _months_before(timezone.now().date(), len(deliveries["quantities"]))
    rows = [
        Reported(month, Decimal(quantity))
        for month, quantity in zip(months, deliveries["quantities"], strict=True)
    ]
    # As if it had gone live then: what is planned counts from there.
    exchange_services.fix_factors(proposal)
    ExchangeFactors.objects.filter(proposal=proposal).update(live_since=months[0])
    reported = exchange_services.report_deliveries(
        proposal=proposal, actor=users[deliveries["reported_by"]], rows=rows
    )
    confirmer = users[deliveries["confirmed_by"]]
    for delivery in reported[:-1]:
        exchange_services.confirm_delivery(
            delivery=delivery, actor=confirmer, quantity=delivery.quantity
        )
    for declaration in deliveries["declared"]:
        exchange_services.declare(
            proposal=proposal,
            actor=users[declaration["by"]],
            month=months[0],
            jobs=Decimal(declaration["jobs"]),
            private_investment_eur=Decimal(declaration["private_investment_eur"]),
        )


def _months_before(day: date, count: int) -> list[date]:
    """Return the first days of the months before that of a day, the oldest first."""
    number = day.year * 12 + day.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number - count, number)]


def _without_key(entry: dict) -> tuple[str, dict[str, Any]]:
    fields = dict(entry)
    return fields.pop("key"), fields
