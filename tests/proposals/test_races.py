"""Two at once: one wins, the other is told, and no more is given away than there is."""

from datetime import timedelta

import pytest

from organizations import services as organization_services
from organizations.models import ResourceFlow
from proposals import services
from proposals.models import Proposal, ProposalTerms
from proposals.services import limits
from tests.factories import MembershipFactory, ResourceFlowFactory
from tests.proposals.races import race
from tests.proposals.stages import move, propose
from turash.rate_limits import Limit

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)
ROUNDS = 32


@pytest.fixture(autouse=True)
def _quick_hands(monkeypatch):
    """Here two people offer more often than anybody may."""
    quick = Limit("test_offers", burst=10_000, refill=timedelta(seconds=1))
    monkeypatch.setattr(limits, "OFFERS", quick)


@pytest.fixture
def sender():
    return MembershipFactory()


@pytest.fixture
def target():
    return MembershipFactory()


def refused(outcomes: list, error: type[Exception]) -> list:
    """What was refused; anything else that went wrong is a defect."""
    failures = [one for one in outcomes if isinstance(one, Exception)]
    assert all(isinstance(one, error) for one in failures), failures
    return failures


def test_decisions_have_one_winner(sender, target):
    proposals = [propose(sender, target) for _ in range(ROUNDS)]
    winners = set()
    rounds = race(
        [
            lambda number: move(proposals[number], target, "accepted").status,
            lambda number: move(proposals[number], target, "rejected").status,
            lambda number: move(proposals[number], sender, "withdrawn").status,
        ],
        rounds=ROUNDS,
    )
    for proposal, outcomes in zip(proposals, rounds, strict=True):
        assert len(refused(outcomes, services.InvalidTransition)) == 2
        proposal.refresh_from_db()
        assert proposal.status in outcomes
        assert proposal.transitions.count() == 2
        winners.add(proposal.status)
    assert len(winners) > 1, "They were never close."


def test_proposals_for_one_resource_leave_one(sender, target):
    flows = [
        ResourceFlowFactory(site__organization=target.organization) for _ in range(ROUNDS // 4)
    ]
    ask = [lambda number: propose(sender, target, resource=flows[number])] * 3
    for outcomes in race(ask, rounds=len(flows)):
        assert len(refused(outcomes, services.AlreadyProposed)) == 2
    assert Proposal.objects.count() == len(flows)


def test_nobody_agrees_to_terms_that_they_have_not_seen(sender, target):
    """One confirms what the other has confirmed, while the other offers something else."""
    proposals = [propose(sender, target, quantity=1) for _ in range(ROUNDS)]
    for proposal in proposals:
        move(proposal, target, "accepted")
        move(proposal, target, "negotiating")
        move(proposal, target, "contracted")
    rounds = race(
        [
            lambda number: (
                services.confirm_terms(
                    proposal_id=proposals[number].pk, actor=sender.user, version=1
                ).status
            ),
            lambda number: (
                services.offer_terms(
                    proposal_id=proposals[number].pk,
                    actor=target.user,
                    based_on=1,
                    price_per_unit=9,
                ).version
            ),
        ],
        rounds=ROUNDS,
    )
    ends = set()
    for proposal, (confirmed, offered) in zip(proposals, rounds, strict=True):
        proposal.refresh_from_db()
        ends.add(proposal.status)
        if proposal.status == "contracted":
            assert confirmed == "contracted"
            assert isinstance(offered, services.NotNegotiable)
            assert proposal.terms_version == 1
        else:
            assert isinstance(confirmed, services.TermsOutdated)
            assert (offered, proposal.terms_version) == (2, 2)
            assert proposal.target_confirmed_at is None
    assert ends == {"contracted", "negotiating"}, "They were never close."


def test_counter_offers_to_the_same_version_leave_one(sender, target):
    proposals = [propose(sender, target) for _ in range(ROUNDS // 2)]
    for proposal in proposals:
        move(proposal, target, "accepted")
        move(proposal, target, "negotiating")

    def offer(member, price):
        return lambda number: services.offer_terms(
            proposal_id=proposals[number].pk, actor=member.user, based_on=1, price_per_unit=price
        )

    for outcomes in race([offer(sender, 1), offer(target, 2)], rounds=len(proposals)):
        assert len(refused(outcomes, services.TermsOutdated)) == 1
    assert ProposalTerms.objects.count() == 2 * len(proposals)


def test_two_contracts_never_give_away_more_than_there_is(sender, target):
    """Two recipients of 600 of 1,000; and the owner lowers the amount to 700 in the same moment."""
    second = MembershipFactory()
    rounds = ROUNDS // 2
    flows = [ResourceFlowFactory(site__organization=target.organization) for _ in range(rounds)]
    contracts = {
        member: [
            propose(member, target, resource=flow, quantity=600, price_per_unit=1) for flow in flows
        ]
        for member in (sender, second)
    }
    for member, proposals in contracts.items():
        for proposal in proposals:
            move(proposal, target, "accepted")
            move(proposal, target, "negotiating")
            move(proposal, member, "contracted")

    def lower(number):
        return organization_services.update_flow(
            actor=target.user, flow=ResourceFlow.objects.get(pk=flows[number].pk), amount=700
        ).amount

    results = race(
        [
            lambda number: move(contracts[sender][number], target, "contracted").status,
            lambda number: move(contracts[second][number], target, "contracted").status,
            lower,
        ],
        rounds=rounds,
    )
    for flow, (first, other, lowered) in zip(flows, results, strict=True):
        assert len(refused([first, other], services.NotEnoughLeft)) == 1
        assert lowered == 700
        flow.refresh_from_db()
        assert (flow.reserved_per_year, flow.quantity_per_year) == (600, 700)
