"""A region whose best plan can be worked out by hand."""

from dataclasses import dataclass

import pytest

from matching import services as matching
from matching.models import Match
from organizations.models import Organization, ResourceFlow
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
    UserFactory,
)


@dataclass
class Region:
    """
    Alice has fly ash for two: Charlie, who pays 40 a tonne elsewhere, and Dora, who pays 30.

    Nobody needs a pipe, so all that lies between costs by the tonne.
    """

    output: ResourceFlow  # 1,000 t
    dear: ResourceFlow  # Charlie's, 700 t
    cheap: ResourceFlow  # Dora's, 600 t
    dora: Organization

    def match(self, needed: ResourceFlow) -> Match:
        return Match.objects.for_display().get(input=needed)


@pytest.fixture
def region(alices_organization, charlies_organization, membership_of_dora) -> Region:
    dora = membership_of_dora.organization
    output = ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization, city="Kalundborg"),
        name="Ash",
        type_code="mineral.fly_ash",
        amount=1000,
    )
    needs = [
        ResourceFlowFactory(
            site=SiteFactory(
                organization=organization, city=city, location=f"POINT({longitude} 55.68)"
            ),
            name=f"Ash for {organization}",
            type_code="mineral.fly_ash",
            direction="input",
            amount=amount,
            current_cost_per_unit=cost,
        )
        for organization, city, longitude, amount, cost in (
            (charlies_organization, "Kalundborg", 11.1, 700, 40),
            (dora, "Slagelse", 11.35, 600, 30),
        )
    ]
    matching.rematch_flow(flow_id=output.pk)
    return Region(output, *needs, dora)


@pytest.fixture
def street(alices_organization, charlies_organization, membership_of_dora):
    """Heat for two neighbours who live at the end of the same road, and for one on the way."""
    output = ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization),
        temperature_celsius_min=90,
        amount=9000,
    )
    for organization, longitude, amount in (
        (charlies_organization, 11.13, 3000),
        (membership_of_dora.organization, 11.1301, 3000),
        (membership_of_dora.organization, 11.11, 1000),
    ):
        ResourceFlowFactory(
            site=SiteFactory(organization=organization, location=f"POINT({longitude} 55.68)"),
            direction="input",
            temperature_celsius_min=60,
            amount=amount,
            current_cost_per_unit=60,
        )
    matching.rematch_flow(flow_id=output.pk)
    return output


@pytest.fixture
def membership_of_dora(db):
    return MembershipFactory(
        organization=OrganizationFactory(name="Dora Works"),
        user=UserFactory(email="dora@example.org", full_name="Dora"),
    )
