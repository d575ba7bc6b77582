"""What every template may need."""

from collections.abc import Callable

from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest

from organizations.services import acting_of
from turash.realtime.models import Notification


def map_tiles(request: HttpRequest) -> dict[str, str]:
    """The tile server under the offline basemap, if one is set."""
    return {
        "map_tiles_url": settings.MAP_TILES_URL,
        "map_tiles_attribution": settings.MAP_TILES_ATTRIBUTION,
    }


def live_updates(request: HttpRequest) -> dict[str, Callable[[], int]]:
    """
    The newest notification that a page knows of; its websocket goes on from there.

    A function, which only templates that name it call: fragments need none.
    """

    def newest_notification() -> int:
        visible = Notification.objects.visible_to(request.user)
        return visible.aggregate(newest=Max("pk"))["newest"] or 0

    return {"newest_notification": newest_notification}


def acting(request: HttpRequest) -> dict[str, Callable[[], object]]:
    """For whom a facilitator acts now; a function, which the base of pages asks for staff alone."""
    return {"acting_now": lambda: acting_of(request.user)}  # type: ignore[arg-type]
