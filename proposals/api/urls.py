"""Paths of the proposals app under /api/v1."""

from django.urls import path

from proposals.api import conversation, negotiation, views
from turash.api.routers import router

app_routes = router()
app_routes.register("proposals", views.ProposalViewSet, "proposal")

urlpatterns = [
    path(
        "organizations/<uuid:organization_id>/proposals",
        views.ProposalsOfOrganizationView.as_view(),
        name="proposals-of-organization",
    ),
    path(
        "proposals/<uuid:proposal_id>/messages",
        conversation.MessagesView.as_view(),
        name="proposal-messages",
    ),
    path(
        "proposals/<uuid:proposal_id>/terms",
        negotiation.TermsView.as_view(),
        name="proposal-terms",
    ),
    *app_routes.urls,
]
