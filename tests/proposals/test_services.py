"""Proposals: who may take which step, and from where."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from proposals import permissions, services
from proposals.models import Proposal, ProposalTransition
from proposals.states import STEPS, Side, Status
from tests.factories import MembershipFactory, ResourceFlowFactory
from tests.proposals.stages import move, proposal_at, propose
from turash.events.models import DomainEvent


@pytest.fixture
def sender(db):
    return MembershipFactory()


@pytest.fixture
def target(db):
    return MembershipFactory()


def test_the_way_to_a_completed_exchange(sender, target, run_events):
    proposal = propose(sender, target)
    move(proposal, target, "accepted")
    move(proposal, sender, "negotiating")
    assert move(proposal, sender, "contracted").status == "negotiating"
    assert move(proposal, target, "contracted").status == "contracted"
    move(proposal, target, "live")
    move(proposal, sender, "completed")

    steps = ProposalTransition.objects.filter(proposal=proposal).values_list(
        "from_status", "to_status", "actor", "organization"
    )
    assert list(steps) == [
        ("", "pending", sender.user.pk, sender.organization.pk),
        ("pending", "accepted", target.user.pk, target.organization.pk),
        ("accepted", "negotiating", sender.user.pk, sender.organization.pk),
        ("negotiating", "negotiating", sender.user.pk, sender.organization.pk),
        ("negotiating", "contracted", target.user.pk, target.organization.pk),
        ("contracted", "live", target.user.pk, target.organization.pk),
        ("live", "completed", sender.user.pk, sender.organization.pk),
    ]
    run_events()
    for side in (sender, target):
        side.organization.refresh_from_db()
        assert side.organization.completed_exchanges == 1


@pytest.mark.parametrize("status", Status.values)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_leads_only_from_where_the_table_says(step, status, sender, target):
    proposal = proposal_at(status, sender, target)
    member = sender if step.side == Side.SENDER else target
    if step.side == Side.TIME:
        with pytest.raises(ValidationError):
            move(proposal, member, step.target)
    elif status in step.sources:
        assert move(proposal, member, step.target).status == step.target
    else:
        with pytest.raises(services.InvalidTransition):
            move(proposal, member, step.target)


@pytest.mark.parametrize("role", ["member", "viewer"])
@pytest.mark.django_db
def test_only_owners_and_managers_decide(role, sender, target):
    proposal = propose(sender, target)
    colleague = MembershipFactory(organization=target.organization, role=role)
    for actor in (colleague, sender, MembershipFactory()):
        with pytest.raises(PermissionDenied):
            move(proposal, actor, "accepted")
    assert permissions.steps_for(colleague.user, proposal) == []
    manager = MembershipFactory(organization=target.organization, role="manager")
    assert [step.name for step in permissions.steps_for(manager.user, proposal)] == [
        "accept",
        "reject",
    ]
    assert [step.name for step in permissions.steps_for(sender.user, proposal)] == ["withdraw"]


def test_one_side_cannot_confirm_for_both(sender, target):
    proposal = propose(sender, target)
    move(proposal, target, "accepted")
    move(proposal, target, "negotiating")
    for _ in range(2):
        assert move(proposal, sender, "contracted").status == "negotiating"
    proposal.refresh_from_db()
    assert "contract" not in {s.name for s in permissions.steps_for(sender.user, proposal)}
    assert "contract" in {s.name for s in permissions.steps_for(target.user, proposal)}


def test_there_is_one_open_proposal_for_a_resource(sender, target):
    proposal = propose(sender, target)
    again = {
        "actor": sender.user,
        "from_organization": sender.organization,
        "to_organization": target.organization,
        "resource": proposal.resource,
        "direction": "output",
        "message": "Again",
    }
    with pytest.raises(services.AlreadyProposed):
        services.create_proposal(**again)
    move(proposal, target, "rejected")
    assert services.create_proposal(**again).status == "pending"


def test_what_does_not_fit_is_refused_by_field(sender, target):
    other = MembershipFactory()
    mine = ResourceFlowFactory(site__organization=sender.organization)
    theirs = ResourceFlowFactory(site__organization=target.organization)
    paused = ResourceFlowFactory(site__organization=target.organization, status="paused")
    good = {
        "actor": sender.user,
        "from_organization": sender.organization,
        "to_organization": target.organization,
        "resource": theirs,
        "direction": "output",
        "message": "Hello",
    }
    for field, changes in [
        ("to_organization", {"to_organization": sender.organization, "resource": mine}),
        ("resource", {"to_organization": other.organization}),
        ("resource", {"resource": paused}),
        ("direction", {"direction": "input"}),
        ("message", {"message": ""}),
        ("message", {"message": "x" * 5001}),
        ("valid_until", {"valid_until": timezone.now() - timedelta(minutes=1)}),
    ]:
        with pytest.raises(ValidationError) as caught:
            services.create_proposal(**{**good, **changes})
        assert list(caught.value.message_dict) == [field]
    assert not Proposal.objects.exists()


def test_time_lets_a_proposal_expire(sender, target):
    proposal = propose(sender, target, valid_until=timezone.now() + timedelta(hours=1))
    later = timezone.now() + timedelta(hours=2)
    assert services.expire_overdue(now=timezone.now()) == 0
    assert services.expire_overdue(now=later) == 1
    proposal.refresh_from_db()
    assert proposal.status == "expired"
    assert DomainEvent.objects.filter(type="proposal_status_changed").count() == 1


def test_a_decision_after_the_deadline_is_refused(sender, target):
    proposal = propose(sender, target, valid_until=timezone.now() + timedelta(hours=1))
    Proposal.objects.filter(pk=proposal.pk).update(
        valid_until=timezone.now() - timedelta(seconds=1)
    )
    with pytest.raises(services.InvalidTransition):
        move(proposal, target, "accepted")


class StateMachine(TestCase):
    """Whatever people try, the record of transitions is a path through the table."""

    @hypothesis_settings(max_examples=8, deadline=None)
    @given(st.lists(st.tuples(st.booleans(), st.sampled_from(Status.values)), max_size=12))
    def test_every_history_is_a_path(self, attempts):
        sender, target = MembershipFactory(), MembershipFactory()
        proposal = propose(sender, target)
        for by_sender, status in attempts:
            try:
                move(proposal, sender if by_sender else target, status)
            except (services.InvalidTransition, PermissionDenied, ValidationError):
                continue
        allowed = {(source, step.target) for step in STEPS for source in step.sources}
        allowed |= {("", "pending"), ("negotiating", "negotiating")}
        history = list(proposal.transitions.values_list("from_status", "to_status"))
        assert set(history) <= allowed
        assert all(earlier[1] == later[0] for earlier, later in pairwise(history))
        proposal.refresh_from_db()
        assert history[-1][1] == proposal.status
