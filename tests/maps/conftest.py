"""A small region with flows of every visibility, whose cells are counted."""

from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.cache import cache

from maps import services
from matching import services as matching_services
from matching.models import Match
from organizations.models import Organization, ResourceFlow, Site, User
from organizations.models.user import FACILITATORS
from tests.factories import (
    MatchClusterFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFlowFactory,
    SiteFactory,
    UserFactory,
)


@dataclass
class Region:
    """Who looks, and what there is."""

    viewers: dict[str, User | AnonymousUser]
    works: Organization
    boiler: Site
    surplus: ResourceFlow
    needed: ResourceFlow
    match: Match
    flows: list[ResourceFlow] = field(default_factory=list)


@pytest.fixture(scope="module")
def region(kept_rows) -> Region:
    works = OrganizationFactory(name="Works")
    members = {"member": works, "other": OrganizationFactory(name="Greenhouse")}
    viewers: dict[str, User | AnonymousUser] = {"anonymous": AnonymousUser()}
    for name, organization in members.items():
        viewers[name] = MembershipFactory(
            organization=organization, user__email=f"{name}@x.org"
        ).user
    viewers["alone"] = UserFactory(email="alone@x.org")
    viewers["facilitator"] = UserFactory(email="facilitator@x.org", is_staff=True)
    viewers["facilitator"].groups.add(Group.objects.get_or_create(name=FACILITATORS)[0])
    boiler = SiteFactory(organization=works, name="Boiler house")
    surplus = ResourceFlowFactory(site=boiler, name="Surplus heat", valid_to="2027-06-30")
    flows = [surplus] + [
        ResourceFlowFactory(site=boiler, name=f"{visibility} {status}", visibility=visibility,
                            status=status, type_code="water.wastewater")
        for visibility, status in [
            ("network", "active"), ("private", "active"), ("public", "draft"),
            ("public", "paused"),
        ]
    ]  # fmt: skip
    house = SiteFactory(organization=members["other"], name="House", location="POINT(11.1 55.68)")
    needed = ResourceFlowFactory(
        site=house, name="Heat for tomatoes", direction="input", type_code="heat", amount=500,
        current_cost_per_unit=60,
    )  # fmt: skip
    # A public flow of those who are not public, on the other side of the 180th meridian.
    quiet = OrganizationFactory(name="Quiet", visibility="network")
    far = SiteFactory(organization=quiet, name="Far east", location="POINT(-179.9 -16.8)")
    far_need = ResourceFlowFactory(
        site=far, name="Process water", direction="input", type_code="water.process"
    )
    flows += [needed, far_need]
    matching_services.rematch_flow(flow_id=surplus.pk)
    MatchClusterFactory(place="Kalundborg").flows.set([surplus, needed])
    services.count_cells()
    return Region(viewers, works, boiler, surplus, needed, Match.objects.get(), flows)


@pytest.fixture(autouse=True)
def _nothing_kept():
    cache.clear()
