"""Paths of the webhooks app under /api/v1."""

from turash.api.routers import router
from webhooks.api import views

app_routes = router()
app_routes.register("webhooks", views.WebhookViewSet, "webhook")
app_routes.register(
    "webhooks/<uuid:webhook_id>/deliveries", views.DeliveryViewSet, "webhook-delivery"
)

urlpatterns = app_routes.urls
