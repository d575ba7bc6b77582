"""Vector tiles and OGC API Features."""

from django.urls import path

from maps.api import features, tiles

app_name = "maps"
urlpatterns = [
    path("tiles/tiles.json", tiles.TileJsonView.as_view(), name="tile-json"),
    path("tiles/<int:zoom>/<int:x>/<int:y>.mvt", tiles.TileView.as_view(), name="tile"),
    path("ogc", features.LandingView.as_view(), name="ogc"),
    path("ogc/", features.LandingView.as_view()),
    path("ogc/conformance", features.ConformanceView.as_view(), name="ogc-conformance"),
    path("ogc/api", features.DefinitionView.as_view(), name="ogc-api"),
    path("ogc/collections", features.CollectionsView.as_view(), name="ogc-collections"),
    path("ogc/collections/<slug:name>", features.CollectionView.as_view(), name="ogc-collection"),
    path("ogc/collections/<slug:name>/items", features.ItemsView.as_view(), name="ogc-items"),
    path(
        "ogc/collections/<slug:name>/items/<uuid:key>",
        features.ItemView.as_view(),
        name="ogc-item",
    ),
]
