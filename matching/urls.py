"""Pages of the matching app."""

from django.urls import path

from matching import views

app_name = "matching"
urlpatterns = [
    path("flows/<uuid:flow_id>/matches", views.panel, name="panel"),
    path("flows/<uuid:flow_id>/near-misses", views.near_misses, name="near-misses"),
    path("flows/<uuid:flow_id>/together", views.together, name="together"),
    path("organizations/<uuid:organization_id>/matching", views.run_list, name="run-list"),
    path(
        "organizations/<uuid:organization_id>/matching/run", views.run_request, name="run-request"
    ),
    path("matching-runs/<uuid:run_id>", views.run_detail, name="run-detail"),
    path("matching-runs/<uuid:run_id>/cancel", views.run_cancel, name="run-cancel"),
    path("matches/clusters/compute", views.clusters_compute, name="clusters-compute"),
    path("matches/<uuid:match_id>", views.match_detail, name="match-detail"),
    path("matches/<uuid:match_id>/dismiss", views.match_dismiss, name="match-dismiss"),
]
