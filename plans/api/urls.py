"""Paths of the plans app under /api/v1."""

from plans.api import views
from turash.api.routers import router

app_routes = router()
app_routes.register("plans", views.PlanViewSet, "plan")

urlpatterns = app_routes.urls
