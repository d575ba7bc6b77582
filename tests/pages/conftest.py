"""A pair that matches, and a proposal about it."""

from dataclasses import dataclass

import pytest

from matching import services as matching_services
from matching.models import Match
from organizations.models import ResourceFlow
from proposals import services as proposal_services
from proposals.models import Proposal
from tests.factories import ResourceFlowFactory, SiteFactory


@dataclass
class Pair:
    output: ResourceFlow
    input: ResourceFlow
    match: Match


@pytest.fixture
def pair(alices_organization, charlies_organization) -> Pair:
    """Alice has 1,000 MWh of hot water, and Charlie next door needs 500."""
    output = ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization, name="Boiler house"),
        name="Surplus heat",
        temperature_celsius_min=85,
        temperature_celsius_max=95,
    )
    needed = ResourceFlowFactory(
        site=SiteFactory(organization=charlies_organization, location="POINT(11.1 55.68)"),
        name="Heat for tomatoes",
        direction="input",
        type_code="heat",
        amount=500,
        temperature_celsius_min=70,
        current_cost_per_unit=60,
    )
    matching_services.rematch_flow(flow_id=output.pk)
    return Pair(output, needed, Match.objects.for_display().get())


@pytest.fixture
def proposal(pair, charlie, charlies_organization, alices_organization) -> Proposal:
    """Charlie asks for Alice's heat."""
    return proposal_services.create_proposal(
        actor=charlie,
        from_organization=charlies_organization,
        to_organization=alices_organization,
        resource=pair.output,
        direction="output",
        match=pair.match,
        message="May we have it?",
        quantity=500,
    )
