"""Pages of the exchanges app."""

from django.urls import path

from exchanges import views

app_name = "exchanges"
_exchange = "proposals/<uuid:proposal_id>/exchange"

urlpatterns = [
    path(_exchange, views.exchange, name="exchange"),
    path(f"{_exchange}/report", views.report, name="report"),
    path(f"{_exchange}/upload", views.upload, name="upload"),
    path(f"{_exchange}/declare", views.declare, name="declare"),
    path(f"{_exchange}/confirm/<uuid:delivery_id>", views.confirm, name="confirm"),
    path(
        "organizations/<uuid:organization_id>/outcomes",
        views.outcomes_of_organization,
        name="outcomes-of-organization",
    ),
    path("outcomes", views.outcomes_of_region, name="outcomes"),
]
