"""All addresses: pages, API, admin."""

from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from turash.api.tokens import token_routes
from turash.realtime.api.views import NotificationListView
from turash.views import errors, pages, tokens
from turash.views import map as map_views
from turash.views.metrics import metrics

# The interactive documentation carries its start in the page itself.
docs = csp_update({"script-src": ["'unsafe-inline'"], "style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerView.as_view(url_name="api:schema")
)

api_urlpatterns = [
    path("", include("organizations.api.urls")),
    path("", include("matching.api.urls")),
    path("", include("proposals.api.urls")),
    path("", include(token_routes.urls)),
    path("notifications", NotificationListView.as_view(), name="notification-list"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", docs, name="docs"),
]

urlpatterns = [
    path("", pages.landing, name="landing"),
    path("dashboard", pages.dashboard, name="dashboard"),
    path("map", map_views.page, name="map"),
    path("map/data", map_views.data, name="map-data"),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<slug:token_key>/revoke", tokens.token_revoke, name="token-revoke"),
    path("login", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout", auth_views.LogoutView.as_view(), name="logout"),
    path("language/", include("django.conf.urls.i18n")),
    path("", include("organizations.urls")),
    path("", include("matching.urls")),
    path("", include("proposals.urls")),
    path("api/v1/", include((api_urlpatterns, "api"))),
    path("metrics", metrics, name="metrics"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
