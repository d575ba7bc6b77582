"""Paths of the proposals app under /api/v1."""

from django.urls import path

from proposals.api import attachments, contacts, conversation, negotiation, views
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
        "organizations/<uuid:organization_id>/contact",
        contacts.ContactView.as_view(),
        name="contact",
    ),
    path(
        "organizations/<uuid:organization_id>/disclosures",
        contacts.DisclosuresView.as_view(),
        name="disclosures",
    ),
    path(
        "proposals/<uuid:proposal_id>/messages",
        conversation.MessagesView.as_view(),
        name="proposal-messages",
    ),
    path(
        "proposals/<uuid:proposal_id>/attachments",
        attachments.AttachmentsView.as_view(),
        name="attachments",
    ),
    path(
        "proposals/<uuid:proposal_id>/attachments/<uuid:attachment_id>/content",
        attachments.AttachmentView.as_view(),
        name="attachment",
    ),
    path(
        "proposals/<uuid:proposal_id>/terms",
        negotiation.TermsView.as_view(),
        name="proposal-terms",
    ),
    *app_routes.urls,
]
