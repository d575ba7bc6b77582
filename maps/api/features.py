"""OGC API Features, Part 1: Core, GeoJSON, OpenAPI 3.0 (OGC 17-069r4)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db import connection, transaction
from django.db.utils import OperationalError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from maps.api import definition, parameters
from maps.api.base import MapView
from maps.collections import COLLECTIONS, Collection, find
from turash.api.versions import tag_of_data
from turash.errors import TryLater

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CONFORMS_TO = [
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}"
    for name in ("core", "oas30", "geojson")
]
# Longer lists are not counted: that would take longer than to tell them page by page.
MOST_COUNTED = 1000
TIMEOUT_S = 10


class _View(MapView):
    """Refuses parameters that it does not know, and tells addresses in full."""

    takes: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "query" not in self.takes:
            parameters.require_known(request.query_params)

    def link(
        self, rel: str, name: str, *args: Any, kind: str = "application/json", title: str = ""
    ) -> dict[str, str]:
        """Return a link to another resource."""
        url = self.request.build_absolute_uri(reverse(f"maps:{name}", args=args))
        link = {"href": url, "rel": rel, "type": kind}
        return link | {"title": title} if title else link


class LandingView(_View):
    """Where a client begins."""

    def get(self, request: Request) -> Response:
        return Response(
            {
                "title": "Turash",
                "description": _("Industrial symbiosis: who can use what leaves whose site."),
                "links": [
                    self.link("self", "ogc", title=_("This document")),
                    self.link("service-desc", "ogc-api", kind=OPENAPI, title=_("API definition")),
                    self.link("conformance", "ogc-conformance", title=_("Conformance classes")),
                    self.link("data", "ogc-collections", title=_("Collections")),
                ],
            }
        )


class ConformanceView(_View):
    """Which parts of the standard are kept."""

    def get(self, request: Request) -> Response:
        return Response({"conformsTo": CONFORMS_TO})


class DefinitionView(_View):
    """The definition of this API, OpenAPI 3.0."""

    def get(self, request: Request) -> Response:
        server = request.build_absolute_uri(reverse("maps:ogc"))
        return Response(definition.document(server), content_type=OPENAPI)


class CollectionsView(_View):
    """What there is."""

    def get(self, request: Request) -> Response:
        return Response(
            {
                "links": [self.link("self", "ogc-collections", title=_("This document"))],
                "collections": [described(self, one) for one in COLLECTIONS.values()],
            }
        )


class CollectionView(_View):
    """One of them."""

    def get(self, request: Request, name: str) -> Response:
        return Response(described(self, collection_of(name)))


def described(view: _View, collection: Collection) -> dict[str, Any]:
    """Return a collection with its links."""
    name = collection.name
    return {
        "id": name,
        "title": str(collection.title),
        "description": str(collection.description),
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]], "crs": CRS84},
            "temporal": {"interval": [[None, None]]},
        },
        "itemType": "feature",
        "crs": [CRS84],
        "links": [
            view.link("self", "ogc-collection", name),
            view.link("items", "ogc-items", name, kind=GEOJSON, title=str(collection.title)),
        ],
    }


def collection_of(name: str) -> Collection:
    """
    Return the collection of a name.

    :raises NotFound: there is none.
    """
    if name not in COLLECTIONS:
        raise NotFound
    return COLLECTIONS[name]


class ItemsView(_View):
    """Features of a collection, page by page."""

    takes = ("query",)

    def get(self, request: Request, name: str) -> Response:
        collection = collection_of(name)
        page = parameters.parse(request.query_params.dict(), collection)
        rows = collection.rows(request.user, page.query, page.after)
        with in_time():
            # One more than is told.
            found = list(rows[: page.limit + 1])
            matched = self._matched(collection, page, len(found))
        told = found[: page.limit]
        features = list(collection.features(request.user, told))
        here = self.link("self", "ogc-items", name, kind=GEOJSON)
        asked = {key: text for key, text in request.query_params.items() if key != "after"}
        links = [{**here, "href": request.build_absolute_uri()}]
        links.append(self.link("collection", "ogc-collection", name))
        if len(found) > page.limit:
            query = urlencode(asked | {"after": "_".join(collection.place_of(told[-1]))})
            links.append({**here, "rel": "next", "href": f"{here['href']}?{query}"})
        body = {
            "type": "FeatureCollection",
            "features": features,
            "links": links,
            "timeStamp": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "numberReturned": len(features),
        }
        if matched is not None:
            body["numberMatched"] = matched
        response = tell(body)
        # The same features are the same answer, a second later, too.
        response["ETag"] = "W/" + tag_of_data({**body, "timeStamp": ""})
        return response

    def _matched(self, collection: Collection, page: parameters.Page, found: int) -> int | None:
        """Return how many there are, if that is soon known."""
        if collection.name == "matches":
            # Those that are none any more are found out one by one.
            return None
        if not page.after and found <= page.limit:
            return found
        rows = collection.rows(self.request.user, page.query).order_by()
        count = rows[: MOST_COUNTED + 1].count()
        return count if count <= MOST_COUNTED else None


class ItemView(_View):
    """One feature."""

    def get(self, request: Request, name: str, key: UUID) -> Response:
        collection = collection_of(name)
        row = find(collection, request.user, key)
        features = [] if row is None else list(collection.features(request.user, [row]))
        if not features:
            raise NotFound
        links = [
            self.link("self", "ogc-item", name, key, kind=GEOJSON),
            self.link("collection", "ogc-collection", name),
        ]
        return tell(features[0] | {"links": links})


def tell(body: dict[str, Any]) -> Response:
    """Return GeoJSON, whose coordinates are longitude and latitude."""
    return Response(body, content_type=GEOJSON, headers={"Content-Crs": f"<{CRS84}>"})


@contextmanager
def in_time() -> Iterator[None]:
    """
    Let the database look for so long and no longer.

    :raises TryLater: it would have taken longer.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true)", [f"{TIMEOUT_S}s"]
                )
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "57014":
            raise
        raise TryLater(
            _("That takes too long; ask for a smaller box."), retry_after_s=60
        ) from error
