"""Paths of the exchanges app under /api/v1."""

from django.urls import path

from exchanges.api import views

_proposal = "proposals/<uuid:proposal_id>"

urlpatterns = [
    path(f"{_proposal}/deliveries", views.DeliveriesView.as_view(), name="deliveries"),
    path(
        f"{_proposal}/deliveries/import",
        views.DeliveriesImportView.as_view(),
        name="deliveries-import",
    ),
    path(
        f"{_proposal}/deliveries/<uuid:delivery_id>",
        views.DeliveryView.as_view(),
        name="delivery",
    ),
    path(
        f"{_proposal}/deliveries/<uuid:delivery_id>/confirm",
        views.DeliveryConfirmView.as_view(),
        name="delivery-confirm",
    ),
    path(f"{_proposal}/declarations", views.DeclarationsView.as_view(), name="declarations"),
    path(f"{_proposal}/progress", views.ProgressView.as_view(), name="progress"),
    path(
        "organizations/<uuid:organization_id>/outcomes",
        views.OutcomesOfOrganizationView.as_view(),
        name="outcomes-of-organization",
    ),
    path("outcomes", views.OutcomesOfRegionView.as_view(), name="outcomes"),
]
