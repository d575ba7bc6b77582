"""Pages of the proposals app."""

from django.urls import path

from proposals import (
    attachment_views,
    contact_views,
    conversation_views,
    negotiation_views,
    views,
)

app_name = "proposals"
urlpatterns = [
    path("organizations/<uuid:organization_id>/contact", contact_views.contact, name="contact"),
    path("proposals", views.proposal_list, name="proposal-list"),
    path("proposals/board", views.proposal_board, name="proposal-board"),
    path("flows/<uuid:flow_id>/propose", views.proposal_create, name="proposal-create"),
    path("proposals/<uuid:proposal_id>", views.proposal_detail, name="proposal-detail"),
    path("proposals/<uuid:proposal_id>/move", views.proposal_move, name="proposal-move"),
    path(
        "proposals/<uuid:proposal_id>/messages",
        conversation_views.message_list,
        name="message-list",
    ),
    path(
        "proposals/<uuid:proposal_id>/messages/new",
        conversation_views.message_post,
        name="message-post",
    ),
    path(
        "proposals/<uuid:proposal_id>/attachments/new",
        attachment_views.attachment_post,
        name="attachment-post",
    ),
    path(
        "proposals/<uuid:proposal_id>/attachments/<uuid:attachment_id>",
        attachment_views.attachment,
        name="attachment",
    ),
    path(
        "proposals/<uuid:proposal_id>/terms",
        negotiation_views.terms_detail,
        name="terms-detail",
    ),
    path(
        "proposals/<uuid:proposal_id>/terms/new",
        negotiation_views.terms_offer,
        name="terms-offer",
    ),
    path(
        "proposals/<uuid:proposal_id>/terms/<int:version>/confirm",
        negotiation_views.terms_confirm,
        name="terms-confirm",
    ),
    path(
        "proposals/<uuid:proposal_id>/timeline",
        negotiation_views.timeline,
        name="timeline",
    ),
]
