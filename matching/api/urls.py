"""Paths of the matching app under /api/v1."""

from django.urls import path

from matching.api import views
from matching.api.query import MatchingQueryView
from turash.api.routers import router

app_routes = router()
app_routes.register("matches/clusters", views.MatchClusterViewSet, "match-cluster")
app_routes.register("matches", views.MatchViewSet, "match")
app_routes.register("jobs", views.JobViewSet, "job")

urlpatterns = [
    path("matching/query", MatchingQueryView.as_view(), name="matching-query"),
    path(
        "organizations/<uuid:organization_id>/matching/direct",
        views.DirectMatchingView.as_view(),
        name="direct-matching",
    ),
    path(
        "organizations/<uuid:organization_id>/matching/run",
        views.RunMatchingView.as_view(),
        name="run-matching",
    ),
    path(
        "resource-flows/<uuid:flow_id>/matches",
        views.MatchesOfFlowView.as_view(),
        name="matches-of-flow",
    ),
    path(
        "resource-flows/<uuid:flow_id>/near-misses",
        views.NearMissesOfFlowView.as_view(),
        name="near-misses-of-flow",
    ),
    path(
        "resource-flows/<uuid:flow_id>/combinations",
        views.CombinationsOfFlowView.as_view(),
        name="combinations-of-flow",
    ),
    path(
        "resource-flows/<uuid:flow_id>/chains",
        views.ChainsOfFlowView.as_view(),
        name="chains-of-flow",
    ),
    *app_routes.urls,
]
