"""Runs that a test takes through their steps one by one."""

from django_q.models import OrmQ

from matching import services
from matching.models import MatchingRun, MatchingRunPartition
from turash.events.models import DomainEvent

Status = MatchingRunPartition.Status


def planned(**scope) -> MatchingRun:
    run = services.request_run(**scope)
    services.plan_run(run.pk)
    run.refresh_from_db()
    return run


def work(run: MatchingRun, **condition) -> None:
    for partition in run.partitions.filter(status=Status.QUEUED, **condition):
        services.work_partition(partition.pk)


def queued(function: str) -> int:
    return sum(row.func() == f"matching.tasks.{function}" for row in OrmQ.objects.all())


def finished_events() -> int:
    return DomainEvent.objects.filter(type="matching_run_finished").count()
