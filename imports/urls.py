"""Pages of the imports app."""

from django.urls import path

from imports import views

app_name = "imports"
urlpatterns = [
    path("imports", views.import_list, name="import-list"),
    path("imports/new", views.import_create, name="import-create"),
    path("imports/templates/<slug:resource>.<slug:kind>", views.template, name="template"),
    path("imports/<uuid:import_id>", views.import_detail, name="import-detail"),
    path("imports/<uuid:import_id>/report.csv", views.report, name="import-report"),
    path("imports/<uuid:import_id>/confirm", views.import_confirm, name="import-confirm"),
    path("imports/<uuid:import_id>/cancel", views.import_cancel, name="import-cancel"),
    path("exports/<slug:resource>.<slug:kind>", views.export, name="export"),
]
