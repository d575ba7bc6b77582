"""Pages of the matching app."""

from django.urls import path

from matching import views

app_name = "matching"
urlpatterns = [
    path("flows/<uuid:flow_id>/matches", views.panel, name="panel"),
    path("matches/<uuid:match_id>", views.match_detail, name="match-detail"),
    path("matches/<uuid:match_id>/dismiss", views.match_dismiss, name="match-dismiss"),
]
