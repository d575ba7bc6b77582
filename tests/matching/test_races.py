"""Flows that change while they are matched."""

import pytest

from matching import services
from matching.models import Match, MatchingRun
from organizations.models import ResourceFlow
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory
from tests.matching.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_a_flow_can_be_deleted_while_it_is_matched():
    ours, theirs = SiteFactory(), SiteFactory()
    input_ = ResourceFlowFactory(site=theirs, direction="input", type_code="heat")
    for _ in range(12):
        output = ResourceFlowFactory(site=ours)

        def delete(output=output):
            ResourceFlow.objects.get(pk=output.pk).delete()

        def rematch(output=output):
            services.rematch_flow(flow_id=output.pk)

        def rematch_partner():
            services.rematch_flow(flow_id=input_.pk)

        assert at_once(delete, rematch, rematch_partner) == []
        assert not Match.objects.exists()


def test_many_rematches_at_once_equal_a_full_run():
    sites = [SiteFactory(organization=OrganizationFactory()) for _ in range(4)]
    flows = [
        ResourceFlowFactory(
            site=sites[number % 4],
            direction="input" if number % 2 else "output",
            type_code="heat" if number % 2 else "heat.hot_water",
            amount=100 + number,
        )
        for number in range(24)
    ]
    jobs = [lambda key=flow.pk: services.rematch_flow(flow_id=key) for flow in flows]
    assert at_once(*jobs) == []
    run = services.execute_run(MatchingRun.objects.create().pk)
    assert (run.found_count, run.lost_count) == (0, 0)
    assert run.match_count == Match.objects.count() > 0
