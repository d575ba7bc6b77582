"""Pages of the plans app."""

from django.urls import path

from plans import views

app_name = "plans"
urlpatterns = [
    path("plans", views.plan_list, name="plan-list"),
    path("plans/new", views.plan_create, name="plan-create"),
    path("plans/compare", views.compare, name="plan-compare"),
    path("plans/<uuid:plan_id>", views.plan_detail, name="plan-detail"),
    path("plans/<uuid:plan_id>/cancel", views.plan_cancel, name="plan-cancel"),
    path("plans/<uuid:plan_id>/vary", views.plan_vary, name="plan-vary"),
    path("plans/<uuid:plan_id>/change", views.plan_change, name="plan-change"),
    path("plans/<uuid:plan_id>/propose", views.plan_propose, name="plan-propose"),
]
