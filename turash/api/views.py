"""What the viewsets of all apps share."""

from typing import Any

from django.db import transaction
from django.http import HttpResponseBase, HttpResponseNotModified
from django.shortcuts import get_object_or_404
from rest_framework import generics, viewsets
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from turash.api.versions import (
    RowVersion,
    Stale,
    is_among,
    tag_of_answer,
    tag_of_data,
    tag_of_version,
    variant,
    without_variants,
)


class ConditionalMixin:
    """
    Honours `If-Match`: nothing is written unless it is what the caller has seen.

    What is compared is locked until the write is done, so that of two editors one is told.
    """

    request: Any

    @property
    def is_guarded(self) -> bool:
        """Whether the caller writes, and says what."""
        return self.request.method not in SAFE_METHODS and "If-Match" in self.request.headers

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if self.is_guarded and not getattr(self, "detail", False):
            self.require_unchanged_target()

    def require_unchanged_target(self) -> None:
        """
        Stop a guarded POST unless the caller has seen what a GET of the address answers.

        An address that nobody can read has no tag that anybody could know. Views of single objects
        compare when they have found and locked theirs.

        :raises Stale: it answers something else by now.
        """
        if self.request.method == "POST" and not getattr(self, "is_read", False):
            self.hold_target()
            self.require_unchanged(self.tag_of_target())

    def hold_target(self) -> None:
        """Lock what decides what a GET of the address answers; by default nothing needs it."""

    def tag_of_target(self) -> str:
        """
        Return the tag that a GET of the address answers.

        :raises Stale: nothing answers it.
        """
        read = getattr(self, "get", None)
        if read is None:
            raise Stale
        action = getattr(self, "action", None)
        if action is not None:
            self.action = self.action_map["get"]  # type: ignore[attr-defined]
        response = read(self.request, **self.kwargs)  # type: ignore[attr-defined]
        if action is not None:
            self.action = action
        return response.get("ETag") or tag_of_answer(JSONRenderer().render(response.data), response)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method in SAFE_METHODS or "If-Match" not in request.headers:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    def require_unchanged(self, tag: str) -> None:
        """
        Stop a guarded write here unless the caller has seen what has this tag.

        :raises Stale: it is something else by now.
        """
        if not is_among(tag, without_variants(self.request.headers["If-Match"])):
            raise Stale


class ApiViewSet(ConditionalMixin, viewsets.GenericViewSet):
    """
    Objects are found by their UUID among those the caller may see; 404 for all others.

    Each has an `ETag`. With `is_versioned` it follows from the version of the row and of those that
    `version_paths` lead to; else from what is told.
    """

    lookup_value_converter = "uuid"
    http_method_names = ["get", "head", "options", "post", "patch", "delete"]
    is_versioned = False
    # Columns of other rows that are told with the object.
    version_paths: tuple[str, ...] = ()

    def get_object(self) -> Any:
        found = super().get_object()
        if not self.is_guarded:
            return found
        # Only now, when the caller is known to see it.
        self.hold(self.kwargs[self.lookup_url_kwarg or self.lookup_field])
        found = super().get_object()
        self.require_unchanged(self.tag_of(found))
        return found

    def filter_queryset(self, queryset: Any) -> Any:
        queryset = super().filter_queryset(queryset)
        return self._with_versions(queryset) if self.detail else queryset

    def hold(self, key: Any) -> None:
        """Lock the row; a new statement then reads what it holds."""
        model: Any = self.get_queryset().model
        if model._meta.managed:
            rows = model._base_manager.select_for_update(no_key=True)
            rows.filter(**{self.lookup_field: key}).values_list("pk").first()

    def tag_of(self, found: Any) -> str:
        """Return the entity tag of an object, as the caller is told of it."""
        if not self.is_versioned:
            return tag_of_data(self.represent_whole(found))
        versions = [found.row_version]
        versions += [getattr(found, _alias(path)) for path in self.version_paths]
        return tag_of_version(self.basename, found.pk, *versions, *self.seen_by_caller(found))

    def seen_by_caller(self, found: Any) -> tuple:
        """What decides how the object is told to this caller, besides its rows."""
        return ()

    def represent(self, found: Any) -> Any:
        """Return what the caller is told of an object."""
        return self.get_serializer(found).data

    def represent_whole(self, found: Any) -> Any:
        """Return the same, whatever `fields` and `expand` ask for."""
        self.shapes, before = False, getattr(self, "shapes", False)
        try:
            return self.represent(found)
        finally:
            self.shapes = before

    def answer(self, key: Any, *, status: int = 200) -> HttpResponseBase:
        """Return what a write has made of an object; body and tag are of the same version."""
        rows = self._with_versions(self.get_queryset())
        return self.tell(get_object_or_404(rows, pk=key), status=status)

    def tell(self, found: Any, *, status: int = 200) -> HttpResponseBase:
        """Return an object with its tag; 304 to who asks for it and has it already."""
        renderer = self.request.accepted_renderer
        is_shaped = self.request.method in SAFE_METHODS and getattr(self, "is_shaped", False)
        data = None if self.is_versioned and not is_shaped else self.represent(found)
        is_whole = not self.is_versioned and not is_shaped
        told = tag_of_data(data) if is_whole else self.tag_of(found)
        if is_shaped:
            told = variant(told, tag_of_data(data).strip('"'))
        elif renderer.format != "json":
            told = variant(told, renderer.format)
        seen = self.request.headers.get("If-None-Match", "")
        if self.request.method in SAFE_METHODS and is_among(told, seen):
            return HttpResponseNotModified(headers={"ETag": told})
        data = self.represent(found) if data is None else data
        return Response(data, status=status, headers={"ETag": told})

    def _with_versions(self, queryset: Any) -> Any:
        if not self.is_versioned:
            return queryset
        others = {
            _alias(path): RowVersion(path.rpartition("__")[0] + "__", column=path.split("__")[-1])
            for path in self.version_paths
        }
        return queryset.annotate(row_version=RowVersion(), **others)


def _alias(path: str) -> str:
    return f"version_of_{path}"


class RetrieveMixin:
    """One object; nothing of it to who has it already."""

    def retrieve(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        return self.tell(self.get_object())  # type: ignore[attr-defined]


class ConditionalView(ConditionalMixin, generics.GenericAPIView):
    """A view of one thing that has no row of its own, or several."""


class GeoJSONRenderer(JSONRenderer):
    """`?format=geojson`: a list of objects with a place as a FeatureCollection (RFC 7946)."""

    media_type = "application/geo+json"
    format = "geojson"
    # The member that tells the place, itself GeoJSON.
    place = "location"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None):
        if data is None:
            # Nothing is left of what was deleted.
            return b""
        rows = data if isinstance(data, list) else [data]
        features = [self._feature(row) for row in rows]
        whole = {"type": "FeatureCollection", "features": features}
        return super().render(
            whole if isinstance(data, list) else features[0], accepted_media_type, renderer_context
        )

    def _feature(self, row: dict[str, Any]) -> dict[str, Any]:
        properties = {name: value for name, value in row.items() if name not in ("id", self.place)}
        return {
            "type": "Feature",
            "id": str(row["id"]),
            "geometry": row[self.place],
            "properties": properties,
        }


class AreaGeoJSONRenderer(GeoJSONRenderer):
    """`?format=geojson` for objects with an `area`."""

    place = "area"


class RouteGeoJSONRenderer(GeoJSONRenderer):
    """`?format=geojson` for objects with a `route`."""

    place = "route"
