"""All addresses: pages, API, admin."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from turash.api.tokens import token_routes
from turash.realtime.api.views import NotificationListView

api_urlpatterns = [
    path("", include("organizations.api.urls")),
    path("", include("matching.api.urls")),
    path("", include("proposals.api.urls")),
    path("", include(token_routes.urls)),
    path("notifications", NotificationListView.as_view(), name="notification-list"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="api:schema"), name="docs"),
]

urlpatterns = [
    path("api/v1/", include((api_urlpatterns, "api"))),
    path("admin/", admin.site.urls),
]
