"""Paths of the organizations app under /api/v1."""

from django.urls import path

from organizations.api import views
from turash.api.routers import router

app_routes = router()
app_routes.register("organizations", views.OrganizationViewSet, "organization")
app_routes.register(
    "organizations/<uuid:organization_id>/members", views.MembershipViewSet, "member"
)
app_routes.register("sites", views.SiteViewSet, "site")
app_routes.register("conversions", views.ConversionViewSet, "conversion")
app_routes.register("resource-flows", views.ResourceFlowViewSet, "resource-flow")

urlpatterns = [
    path("users/me", views.MeView.as_view(), name="me"),
    path("users/me/organizations", views.MyOrganizationsView.as_view(), name="my-organizations"),
    path(
        "organizations/<uuid:organization_id>/sites",
        views.SitesOfOrganizationView.as_view(),
        name="sites-of-organization",
    ),
    path(
        "organizations/<uuid:organization_id>/resource-flows",
        views.ResourceFlowsOfOrganizationView.as_view(),
        name="resource-flows-of-organization",
    ),
    path("resource-types", views.ResourceTypeListView.as_view(), name="resource-type-list"),
    *app_routes.urls,
]
