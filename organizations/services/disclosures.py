"""Note who has seen exact figures of others."""

from collections.abc import Iterable

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from organizations.disclosure import Viewpoint
from organizations.models import Disclosure, ResourceFlow


def note_seen(viewpoint: Viewpoint, flows: Iterable[ResourceFlow]) -> None:
    """
    Note of flows, as they are shown to the viewer, that exact figures were seen: once a day.

    Of figures that anybody sees nothing is noted, nor of one's own; in one statement.
    """
    viewer = viewpoint.viewer
    if isinstance(viewer, AnonymousUser):
        return
    now = timezone.now()
    rows = [
        Disclosure(
            organization=flow.organization,
            flow=flow,
            user=viewer,
            stage=viewpoint.stage_with(flow.organization_id),
            as_facilitator=viewpoint.is_facilitator,
            seen_on=now.date(),
            seen_at=now,
        )
        for flow in flows
        if viewpoint.is_on_record(flow)
    ]
    if rows:
        # Also when two pages are opened at once.
        Disclosure.objects.bulk_create(rows, ignore_conflicts=True)
