"""A row of every model, and people who may look at it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib import admin
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success

from exchanges.models import Declaration, Delivery, ExchangeFactors
from imports.models import Import, ImportRow
from matching import learning
from matching.models import (
    Match,
    MatchDismissal,
    MatchingRun,
    MatchingWeights,
    ProposalEvidence,
)
from matching.services import rematch_flow
from organizations.models import (
    Acting,
    Contact,
    Disclosure,
    FlowConfirmation,
    OrganizationMerge,
    QualityFinding,
    Sector,
    WasteCode,
)
from plans.models import (
    Plan,
    PlanClosure,
    PlannedExchange,
    PlannedFlow,
    PlanPart,
    PlanRule,
    PlanShare,
    SupposedFlow,
    SupposedSite,
)
from proposals import services as proposal_services
from proposals.models import Attachment, AttachmentDownload, Proposal, ProposalReminder
from tests.factories import (
    ConversionFactory,
    MatchClusterFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
    UserFactory,
)
from turash.callers.services import make_token
from turash.desk.models import BulkAction
from turash.events.dispatch import deliver
from turash.events.models import DomainEvent
from turash.mail.models import Mail, MailPreference
from turash.realtime.models import Notification, ReadMark
from webhooks.models import Webhook, WebhookAttempt, WebhookDelivery

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
# The queue's own tables, whose admin pages are django-q2's.
QUEUE_MODELS = {Failure, OrmQ, Schedule, Success}
OWN_MODELS = [model for model in MODELS if model not in QUEUE_MODELS]


@pytest.fixture
def superuser(db):
    return UserFactory(email="root@example.org", full_name="Root", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(superuser, client_as):
    """A superuser's browser."""
    return client_as(superuser)


@pytest.fixture
def facilitators_browser(facilitator, client_as):
    return client_as(facilitator)


def populate(number: int) -> None:
    """Add a pair of organizations with all that can lie between them."""
    seller, buyer = (
        OrganizationFactory(name=f"{name} {number}", source="test", external_id=f"{name} {number}")
        for name in ("Seller", "Buyer")
    )
    owner = UserFactory(email=f"owner{number}@example.org")
    for organization in (seller, buyer):
        MembershipFactory(user=owner, organization=organization)
    output = ResourceFlowFactory(
        site=SiteFactory(organization=seller),
        temperature_celsius_min=90,
        contaminants={"cd": 1.5},
    )
    needed = ResourceFlowFactory(site=SiteFactory(organization=buyer), direction="input")
    rematch_flow(flow_id=output.pk)
    match = Match.objects.get(output=output, input=needed)
    MatchDismissal.objects.create(
        output=output, input=needed, organization=buyer, reason="Too far", dismissed_by=owner
    )
    MatchClusterFactory().flows.set([output, needed])
    MatchingRun.objects.create(organization=seller, requested_by=owner)
    MatchingWeights.objects.create(**learning.Lesson().weights_by_factor, adopted_at=timezone.now())
    ProposalEvidence.objects.create(
        proposal_id=output.pk,
        organization=buyer,
        is_accepted=True,
        scores=[0.5] * 7,
        decided_at=timezone.now(),
    )
    proposal = proposal_services.create_proposal(
        actor=owner,
        from_organization=seller,
        to_organization=buyer,
        resource=needed,
        direction="input",
        message="Shall we?",
        match=match,
        quantity=100,
        valid_until=timezone.now() + timedelta(days=7),
    )
    populate_exchange(proposal, owner)
    populate_plan(seller, output, needed)
    populate_moderation(number, seller)
    BulkAction.objects.create(
        action="organizations.organization.verify", requested_by=owner, keys=[], total_count=3
    )
    populate_quality(output, owner)
    Contact.objects.create(organization=seller)
    Disclosure.objects.create(
        organization=seller, user=owner, stage="public", seen_on=timezone.now().date()
    )
    WasteCode.objects.create(code=f"01010{number}", description="Waste from metals")
    Sector.objects.create(code=f"35.1{number}", description="Electricity")
    job = Import.objects.create(resource="flows", requested_by=owner, file_name="flows.csv")
    ImportRow.objects.create(job=job, number=2, outcome="new", title="Flow")
    ReadMark.objects.create(user=owner)
    MailPreference.objects.create(user=owner)
    Mail.objects.create(user=owner, key="x", topic="all", subject="News", body="", language="en")
    message = proposal_services.post_message(proposal=proposal, actor=owner, text="Hello from here")
    attachment = Attachment.objects.create(
        message=message, name="a.pdf", content_type="application/pdf", size=5, secret_name=number
    )
    AttachmentDownload.objects.create(attachment=attachment, user=owner)
    ConversionFactory(site=output.site)
    make_token(owner)
    populate_webhook(seller)
    Notification.objects.create(
        organization=seller,
        type="site_created",
        occurred_at=timezone.now(),
        subject_kind="site",
        subject_id=output.site_id,
        subject_url="/organizations/x",
    )


def populate_moderation(number: int, organization) -> None:
    """Add what facilitators once did to the organization."""
    staff = UserFactory(email=f"staff{number}@example.org", is_staff=True)
    now = timezone.now()
    Acting.objects.create(
        organization=organization, user=staff, reason="Asked by telephone", started_at=now,
        expires_at=now + timedelta(hours=1), ended_at=now,
    )  # fmt: skip
    OrganizationMerge.objects.create(
        merged_id=uuid4(), name="Same", slug=f"same-{number}", into=organization, merged_by=staff
    )


def populate_quality(flow, owner) -> None:
    """Add what once seemed wrong with a flow, and its owner's answer."""
    QualityFinding.objects.create(
        kind="incomplete", severity=1, organization=flow.organization, flow=flow,
        figures={"missing": ["price"]}, subject_updated_at=flow.updated_at,
    )  # fmt: skip
    FlowConfirmation.objects.create(flow=flow, confirmed_by=owner)


def populate_exchange(proposal: Proposal, owner) -> None:
    """Add what belongs to a proposal's whole life, whatever its status."""
    month = timezone.now().date().replace(day=1)
    ProposalReminder.objects.create(proposal=proposal, valid_until=proposal.valid_until)
    ExchangeFactors.objects.create(proposal=proposal, basis="flows", live_since=month)
    Delivery.objects.create(
        proposal=proposal, month=month, quantity=5, reported_for=proposal.from_organization
    )
    Declaration.objects.create(
        proposal=proposal, month=month, organization=proposal.from_organization
    )


def populate_plan(organization, output, needed) -> None:
    """Add a plan of one part, as if it were being worked on."""
    plan = Plan.objects.create(name="All", organization=organization, status="running")
    part = PlanPart.objects.create(plan=plan, number=1, exchange_count=1)
    PlanRule.objects.create(plan=plan, output=output, input=needed, kind="must")
    PlannedFlow.objects.create(plan=plan, declared_flow=output, available_per_year=5)
    figures = {
        "distance_m": 1, "most_per_year": 5, "eur_per_unit": 1, "co2_t_per_unit": 1,
        "fixed_eur_per_year": 0, "investment_eur_per_unit": 0, "fixed_investment_eur": 0,
    }  # fmt: skip
    PlannedExchange.objects.create(
        plan=plan, declared_output=output, declared_input=needed, **figures
    )
    PlanShare.objects.create(
        part=part, organization=organization, avoided_eur=1, investment_eur=1, proportional=1
    )
    PlanClosure.objects.create(plan=plan, organization=organization)
    plant = SupposedSite.objects.create(plan=plan, name="Kiln", location=output.location)
    SupposedFlow.objects.create(
        site=plant, name="Ash", direction="input", resource_type=output.resource_type,
        quantity_per_year=1,
    )  # fmt: skip


def populate_webhook(organization) -> None:
    """Add a webhook that was sent something once."""
    webhook = Webhook.objects.create(
        organization=organization, url="https://example.org/hook", secret="sealed"
    )
    delivery = WebhookDelivery.objects.create(
        webhook=webhook, type="webhook_test", body="{}", attempts=1, tries=1
    )
    WebhookAttempt.objects.create(delivery=delivery, number=1, duration_ms=5, status_code=500)


def populate_everything() -> None:
    """Add a row of every model, with as many deliveries done as there are events."""
    populate(1)
    Schedule.objects.get_or_create(name="nightly", func="math.sqrt")
    for event_id in DomainEvent.objects.values_list("pk", flat=True):
        deliver([event_id])


@pytest.fixture
def populated(db):
    populate_everything()
