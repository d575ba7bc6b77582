"""Land and borders under every map, in vector tiles that set-up has cut: no outside host."""

import gzip
import sqlite3
from contextlib import closing

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from turash.local.paths import LAND

MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
DEEPEST_ZOOM = 7
ATTRIBUTION = '<a href="https://www.openstreetmap.org/copyright" rel="noopener">© OpenStreetMap</a>'
# The address of a tile tells its version, so it may be kept for ever; what tells the address not.
KEPT_S = 31_536_000
DESCRIPTION_KEPT_S = 3600


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    """Where the tiles are (TileJSON 3.0); 404 where set-up has cut none."""
    address = request.build_absolute_uri("/map/land/")
    answer = JsonResponse(
        {
            "tilejson": "3.0.0",
            "tiles": [f"{address}{{z}}/{{x}}/{{y}}.mvt?v={_version()}"],
            "vector_layers": [{"id": "land", "fields": {}}],
            "minzoom": 0,
            "maxzoom": DEEPEST_ZOOM,
            "attribution": ATTRIBUTION,
        }
    )
    answer["Cache-Control"] = f"public, max-age={DESCRIPTION_KEPT_S}"
    return answer


@require_safe
def tile(request: HttpRequest, zoom: int, x: int, y: int) -> HttpResponse:
    """One tile; 204 where there is only water, 404 where no tile can be."""
    version = _version()
    if zoom > DEEPEST_ZOOM or max(x, y) >= 2**zoom:
        raise Http404
    with closing(sqlite3.connect(f"file:{LAND}?mode=ro", uri=True)) as database:
        row = database.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
            [zoom, x, 2**zoom - 1 - y],
        ).fetchone()
    answer = HttpResponse(status=204) if row is None else _packed(request, row[0])
    # An address of another version must not be answered for ever by this one.
    kept_s = KEPT_S if request.GET.get("v") == version else DESCRIPTION_KEPT_S
    answer["Cache-Control"] = f"public, max-age={kept_s}, immutable"
    answer["Vary"] = "Accept-Encoding"
    return answer


def _packed(request: HttpRequest, content: bytes) -> HttpResponse:
    """Tiles are kept compressed, as every browser takes them."""
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(gzip.decompress(content), content_type=MEDIA_TYPE)
    return HttpResponse(content, content_type=MEDIA_TYPE, headers={"Content-Encoding": "gzip"})


def _version() -> str:
    try:
        made = LAND.stat()
    except FileNotFoundError as error:
        raise Http404 from error
    return f"{made.st_mtime_ns:x}-{made.st_size:x}"
