"""Partitions and requests that meet: each thing happens once, and nobody blocks anybody."""

import pytest
from django.db import connection
from django_q.models import OrmQ

from matching import services
from matching.models import MatchingRun
from matching.services import partitions, run_endings
from organizations.models import ResourceFlow
from tests.factories import OrganizationFactory, ResourceFlowFactory, SiteFactory
from tests.matching.steps import finished_events, planned, queued, work
from tests.matching.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_the_last_two_partitions_hand_on_once():
    site = SiteFactory()
    for code in ("heat", "mineral.fly_ash"):
        ResourceFlowFactory(site=site, type_code=code)
    for _ in range(40):
        OrmQ.objects.all().delete()
        run = services.request_run()
        services.plan_run(run.pk)
        OrmQ.objects.all().delete()
        attempts = [partitions._Attempt.begin(p.pk, None) for p in run.partitions.all()]
        assert len(attempts) == 2
        jobs = [lambda a=attempt: a.complete(in_background=True) for attempt in attempts]
        assert at_once(*jobs) == []
        assert queued("finish_run") == 1
        finish = [lambda key=run.pk: services.finish_run(key)] * 3
        assert at_once(*finish) == []
        run.refresh_from_db()
        assert run.status == "finished"
    assert finished_events() == 40


@pytest.mark.parametrize("scope", ["all", "one"])
def test_one_of_many_requests_wins(scope):
    organization = None if scope == "all" else OrganizationFactory()

    def request():
        services.request_run(organization=organization)

    for _ in range(10):
        raised = at_once(*[request] * 5)
        assert [type(error) for error in raised] == [services.RunInProgress] * 4
        run = MatchingRun.objects.unfinished().get()
        services.cancel_run(actor=None, run_id=run.pk)


def test_cancelling_and_completing_at_once_do_not_block_each_other():
    ResourceFlowFactory()
    for _ in range(20):
        run = planned()
        attempt = partitions._Attempt.begin(run.partitions.get().pk, None)

        def complete(attempt=attempt):
            try:
                attempt.complete(in_background=True)
            except partitions.Superseded:
                pass

        def cancel(run=run):
            services.cancel_run(actor=None, run_id=run.pk)

        def recount(run=run):
            run_endings.recount(run.pk)

        assert at_once(complete, cancel, recount) == []
        run.refresh_from_db()
        assert run.status == "cancelled"


def test_no_lock_is_held_between_partitions():
    ResourceFlowFactory()
    run = planned()
    work(run)
    with connection.cursor() as cursor:
        # Of this database: tests beside this one have their own on the same server.
        cursor.execute(
            """SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
            WHERE locktype = 'advisory' AND d.datname = current_database()"""
        )
        assert cursor.fetchone() == (0,)
    ResourceFlow.objects.get().delete()
    services.finish_run(run.pk)
    run.refresh_from_db()
    assert run.status == "finished"
