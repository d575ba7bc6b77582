"""Matching's ear to the life of other things: flows that are deleted, workers that start."""

from typing import Any

from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django_q.signals import post_spawn

from matching import engine, services, store
from matching.lists import Changes
from organizations.models import ResourceFlow
from turash.events.catalogue import MatchLost
from turash.events.publishers import publish


@receiver(pre_delete, sender=ResourceFlow)
def resource_flow_is_going(instance: ResourceFlow, **_: Any) -> None:
    """A deleted flow takes its matches with it: its partners are told, and some matched again."""
    # Under the lock nobody can find it a new partner between this look and its end.
    store.lock_matches()
    changes = Changes()
    holders = changes.forget(instance.number)
    _, lost = changes.save()
    publish(*store.events_about(MatchLost, lost))
    services.request_rematches(holders)


@receiver(post_spawn)
def worker_has_started(**_: Any) -> None:
    """Load the kernels now, so that the first task does not wait for them."""
    engine.warm_up()
