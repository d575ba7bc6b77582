"""Pages of the organizations app."""

from django.urls import path

from organizations import acting_views, draft_views, onboarding_views, quality_views, views

app_name = "organizations"
urlpatterns = [
    path("organizations/new", views.organization_create, name="organization-create"),
    path(
        "organizations/<uuid:organization_id>",
        views.organization_detail,
        name="organization-detail",
    ),
    path(
        "organizations/<uuid:organization_id>/edit",
        views.organization_edit,
        name="organization-edit",
    ),
    path(
        "organizations/<uuid:organization_id>/acting",
        acting_views.acting_list,
        name="acting-list",
    ),
    path("organizations/<uuid:organization_id>/start", onboarding_views.start, name="start"),
    path("places", onboarding_views.places, name="places"),
    path("drafts/<str:key>", draft_views.draft_save, name="draft-save"),
    path("drafts/<str:key>/discard", draft_views.draft_discard, name="draft-discard"),
    path("acting/end", acting_views.acting_end, name="acting-end"),
    path("organizations/<uuid:organization_id>/sites/new", views.site_create, name="site-create"),
    path("organizations/<uuid:organization_id>/flows/new", views.flow_create, name="flow-create"),
    path(
        "organizations/<uuid:organization_id>/conversions/new",
        views.conversion_create,
        name="conversion-create",
    ),
    path("conversions/<uuid:conversion_id>/edit", views.conversion_edit, name="conversion-edit"),
    path(
        "conversions/<uuid:conversion_id>/delete",
        views.conversion_delete,
        name="conversion-delete",
    ),
    path("sites/<uuid:site_id>/edit", views.site_edit, name="site-edit"),
    path("sites/<uuid:site_id>/delete", views.site_delete, name="site-delete"),
    path("flows/<uuid:flow_id>", views.flow_detail, name="flow-detail"),
    path("flows/<uuid:flow_id>/edit", views.flow_edit, name="flow-edit"),
    path("flows/<uuid:flow_id>/confirm", quality_views.flow_confirm, name="flow-confirm"),
    path("flows/<uuid:flow_id>/delete", views.flow_delete, name="flow-delete"),
]
