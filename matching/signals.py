"""Matching's ear to the life of other things: flows that are deleted, workers that start."""

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django_q.signals import post_spawn

from matching import engine, services, store
from matching.models import Match
from organizations.models import ResourceFlow
from turash.events.catalogue import MatchLost
from turash.events.publishers import publish


@receiver(pre_delete, sender=ResourceFlow)
def resource_flow_is_going(instance: ResourceFlow, **_: Any) -> None:
    """A deleted flow takes its matches with it: its partners are told, and matched again."""
    # Under the lock nobody can find it a new partner between this look and its end.
    store.lock_matches()
    matches = list(Match.objects.of_flow(instance.pk))
    publish(*store.events_about(MatchLost, matches))
    partners = {match.output_id for match in matches} | {match.input_id for match in matches}
    Match.objects.of_flow(instance.pk).delete()
    services.request_rematches(partners - {instance.pk})


@receiver(post_spawn)
def worker_has_started(**_: Any) -> None:
    """Load the kernels now, so that the first task does not wait for them."""
    engine.warm_up()
