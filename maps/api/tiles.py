"""Vector tiles, and the document that describes them (TileJSON 3.0)."""

import hashlib
import json
from typing import Any

from django.core.cache import cache
from django.http import HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from maps import tiles
from maps.api.base import MapView
from maps.filters import Filter
from maps.models import Count
from maps.places import DEEPEST_ZOOM, Tile
from turash.api.versions import is_among, tag_of_content
from turash.errors import InvalidInput

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
# So long what has been hidden may still be on somebody's map.
KEPT_S = 60


class TileView(MapView):
    """
    One tile, as the caller may see it.

    Kept in the cache for a minute: under the caller, or for all who have not signed in.
    """

    # Cheap and many: the limit of the address is enough.
    throttle_classes: list[Any] = []

    def get(self, request: Request, zoom: int, x: int, y: int) -> Any:
        place = Tile(zoom, x, y)
        if not place.exists:
            raise NotFound
        chosen, layers = Filter.of(request.query_params), _layers(request)
        key = _key(request.user, place, chosen, layers)
        content = cache.get(key)
        if content is None:
            content = tiles.tile(place, viewer=request.user, chosen=chosen, layers=layers)
            cache.set(key, content, KEPT_S)
        return _answer(request, content)


def _layers(request: Request) -> list[str]:
    names = request.query_params.get("layers", "")
    if not names:
        return list(tiles.LAYERS)
    asked = names.split(",")
    if not set(asked) <= set(tiles.LAYERS):
        raise InvalidInput({"layers": [_("Give some of: %s.") % ", ".join(tiles.LAYERS)]})
    return [name for name in tiles.LAYERS if name in asked]


def _key(viewer: Any, place: Tile, chosen: Filter, layers: list[str]) -> str:
    """What decides the content of a tile, besides what is in the database."""
    who: list[Any] = []
    if viewer.is_authenticated:
        # Who leaves an organization stops seeing what is its own at once.
        own = [] if viewer.is_facilitator else viewer.organizations.values_list("pk", flat=True)
        who = [str(viewer.pk), viewer.is_facilitator, *sorted(map(str, own))]
    parts = [who, place.zoom, place.x, place.y, chosen.query, layers]
    return f"tile:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def _answer(request: Request, content: bytes) -> HttpResponse:
    tag = tag_of_content(content)
    if is_among(tag, request.headers.get("If-None-Match", "")):
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(content, content_type=MEDIA_TYPE)
    answer["ETag"] = tag
    whose = "private" if request.user.is_authenticated else "public"
    answer["Cache-Control"] = f"{whose}, max-age={KEPT_S}"
    patch_vary_headers(answer, ["Authorization", "Cookie"])
    return answer


class TileJsonView(MapView):
    """Where the tiles are and what is in them; parameters are passed on to the tiles."""

    def get(self, request: Request) -> Response:
        chosen, layers = Filter.of(request.query_params), _layers(request)
        start = request.build_absolute_uri(reverse("maps:tile-json")).removesuffix("tiles.json")
        query = request.META.get("QUERY_STRING", "")
        counted = Count.objects.filter(pk=Count.ONLY).first()
        return Response(
            {
                "tilejson": "3.0.0",
                "name": "Turash",
                "description": _("Sites, resource flows and matches. Asked for: %s.")
                % (", ".join(f"{name}={text}" for name, text in chosen.query.items()) or _("all")),
                "scheme": "xyz",
                "tiles": [f"{start}{{z}}/{{x}}/{{y}}.mvt{'?' if query else ''}{query}"],
                "minzoom": 0,
                "maxzoom": DEEPEST_ZOOM,
                "bounds": [-180, -85.0511, 180, 85.0511],
                "vector_layers": [
                    {"id": name, "fields": fields}
                    for name, fields in tiles.FIELDS.items()
                    if name in layers
                ],
                # Not of TileJSON, which allows for more members.
                "counted_at": counted.counted_at if counted else None,
            }
        )
