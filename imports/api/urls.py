"""Paths of the imports app under /api/v1."""

from django.urls import path

from imports.api import views
from turash.api.routers import router

app_routes = router()
app_routes.register("imports", views.ImportViewSet, "import")

urlpatterns = [
    path("imports/templates/<slug:resource>", views.TemplateView.as_view(), name="import-template"),
    path("exports/<slug:resource>", views.ExportView.as_view(), name="export"),
    *app_routes.urls,
]
