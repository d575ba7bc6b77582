"""The packed copy of each flow is what its row, its site and its owner say, whoever writes."""

import random

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone

from matching import records
from matching.models import Candidate
from organizations.models import FlowContaminant, Organization, ResourceFlow, Site
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory
from tests.matching.threads import at_once

# What is packed, against what would be packed now; flows without a copy, and copies without a flow.
_WRONG = """
SELECT count(*)
FROM matching_candidate c
FULL JOIN (
    SELECT flow.id, flow.location, matching_record(flow, site, owner) AS record,
        flow.status = 'active' AND flow.quantity_per_year > flow.reserved_per_year AS is_offered,
        (SELECT string_agg(substance || ' ' || mg_per_kg, ',' ORDER BY substance)
         FROM organizations_flowcontaminant WHERE flow_id = flow.id) AS contaminants
    FROM organizations_resourceflow flow
    JOIN organizations_site site ON site.id = flow.site_id
    JOIN organizations_organization owner ON owner.id = flow.organization_id
) f ON f.id = c.flow_id
WHERE (c.record, c.is_offered, c.location::bytea)
    IS DISTINCT FROM (f.record, f.is_offered, f.location::bytea)
    OR (octet_length(c.contaminants) > 0) <> (f.contaminants IS NOT NULL)
"""


def _wrong() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WRONG)
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_whatever_is_written_the_copy_follows():
    ours, theirs = SiteFactory(), SiteFactory()
    flow, other = ResourceFlowFactory(site=ours), ResourceFlowFactory(site=ours, direction="input")
    own = ResourceFlow.objects.filter(pk=flow.pk)

    def record():
        return bytes(Candidate.objects.get(pk=flow.pk).record)

    assert len(record()) == records.RECORD.itemsize
    changes = [
        lambda: own.update(temperature_celsius_min=81.5, months=[1, 2], methods=["truck"]),
        lambda: own.update(current_cost_per_unit="12.34", valid_to="2030-01-31"),
        lambda: Site.objects.filter(pk=ours.pk).update(holds_hazardous_waste_permit=True),
        lambda: Site.objects.filter(pk=ours.pk).update(country="DK", location=theirs.location),
        lambda: Organization.objects.filter(pk=ours.organization_id).update(
            verified_at=timezone.now(), completed_exchanges=3
        ),
        lambda: own.update(site=theirs),
    ]
    for change in changes:
        before = record()
        change()
        assert record() != before
        assert _wrong() == 0
    contents = FlowContaminant.objects.bulk_create(
        FlowContaminant(flow=flow, substance=name, mg_per_kg=mg)
        for name, mg in (("pb", 0.1), ("cd", 7))
    )
    for change in (
        lambda: FlowContaminant.objects.filter(pk=contents[0].pk).update(mg_per_kg=0.25),
        lambda: contents[1].delete(),
    ):
        change()
        assert _wrong() == 0
    assert _contents(flow) == [(flow.number, b"pb", 0.25)]
    own.update(status="paused")
    assert not Candidate.objects.get(pk=flow.pk).is_offered
    flow.delete()
    assert list(Candidate.objects.values_list("pk", flat=True)) == [other.pk]


def _contents(flow):
    octets = bytes(Candidate.objects.get(pk=flow.pk).contaminants)
    rows = np.frombuffer(octets, dtype=records.CONTENT)
    return [(int(row["number"]), row["substance"].rstrip(), row["mg_per_kg"]) for row in rows]


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_changes_at_once_to_flow_site_and_owner_the_copy_has_all():
    chance = random.Random(1)
    site = SiteFactory(organization=OrganizationFactory())
    flow = ResourceFlowFactory(site=site)
    for round_ in range(8):

        def declare():
            with transaction.atomic():
                ResourceFlowFactory(site=site)

        def change_flow(round_=round_):
            ResourceFlow.objects.filter(pk=flow.pk).update(quantity_per_year=100 + round_)

        def change_site(permit=bool(round_ % 2)):
            Site.objects.filter(pk=site.pk).update(holds_hazardous_waste_permit=permit)

        def change_owner(round_=round_):
            Organization.objects.filter(pk=site.organization_id).update(completed_exchanges=round_)

        def state(round_=round_):
            FlowContaminant.objects.create(flow=flow, substance=f"x{round_}", mg_per_kg=1)

        jobs = [declare, change_flow, change_site, change_owner, state]
        chance.shuffle(jobs)
        assert at_once(*jobs) == []
        assert _wrong() == 0
    assert len(_contents(flow)) == 8
