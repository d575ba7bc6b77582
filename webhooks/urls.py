"""Pages of the webhooks app."""

from django.urls import path

from webhooks import views

app_name = "webhooks"
_webhook = "webhooks/<uuid:webhook_id>"

urlpatterns = [
    path("organizations/<uuid:organization_id>/webhooks", views.webhook_list, name="webhook-list"),
    path(_webhook, views.webhook_detail, name="webhook-detail"),
    path(f"{_webhook}/secret", views.webhook_rotate, name="webhook-rotate"),
    path(f"{_webhook}/test", views.webhook_test, name="webhook-test"),
    path(f"{_webhook}/enable", views.webhook_enable, name="webhook-enable"),
    path(f"{_webhook}/disable", views.webhook_disable, name="webhook-disable"),
    path(f"{_webhook}/delete", views.webhook_delete, name="webhook-delete"),
    path(
        f"{_webhook}/deliveries/<uuid:delivery_id>/replay",
        views.delivery_replay,
        name="delivery-replay",
    ),
]
