"""All addresses: pages, API, admin."""

from csp.decorators import csp_update
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from turash.callers.api.tokens import token_routes
from turash.mail.api.views import MailPreferenceView
from turash.realtime.api.views import NotificationListView, NotificationReadView
from turash.views import (
    errors,
    land,
    mail,
    notifications,
    pages,
    region_page,
    style,
    tokens,
)
from turash.views import map as map_views
from turash.views.metrics import metrics
from turash.views.region import overview

# The admin knows no app by itself.
admin.site.overview = overview

# The interactive documentation sets styles as it goes along; its scripts are files of ours.
docs = csp_update({"style-src": ["'unsafe-inline'"]})(
    SpectacularSwaggerSplitView.as_view(url_name="api:schema")
)

api_urlpatterns = [
    path("", include("organizations.api.urls")),
    path("", include("matching.api.urls")),
    path("", include("proposals.api.urls")),
    path("", include("exchanges.api.urls")),
    path("", include("plans.api.urls")),
    path("", include("webhooks.api.urls")),
    path("", include("imports.api.urls")),
    path("", include(token_routes.urls)),
    path("notifications", NotificationListView.as_view(), name="notification-list"),
    path("notifications/read", NotificationReadView.as_view(), name="notification-read"),
    path("users/me/mail", MailPreferenceView.as_view(), name="mail-preference"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path("docs", docs, name="docs"),
]

urlpatterns = [
    path("", pages.landing, name="landing"),
    path("dashboard", pages.dashboard, name="dashboard"),
    path("organizations/<uuid:organization_id>/matches", pages.first_matches, name="first-matches"),
    path("map", map_views.page, name="map"),
    path("map/data", map_views.data, name="map-data"),
    path("map/list", map_views.in_sight, name="map-list"),
    path("style", style.style, name="style"),
    path("map/land.json", land.description, name="land"),
    path("map/land/<int:zoom>/<int:x>/<int:y>.mvt", land.tile, name="land-tile"),
    path("region", region_page.page, name="region"),
    path("region/<slug:name>.svg", region_page.as_svg, name="region-svg"),
    path("region/<slug:name>.csv", region_page.as_csv, name="region-csv"),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<slug:prefix>/revoke", tokens.token_revoke, name="token-revoke"),
    path("notifications", notifications.notification_list, name="notifications"),
    path("notifications/read", notifications.notifications_read, name="notifications-read"),
    path("mail", mail.preferences, name="mail-preferences"),
    path("mail/unsubscribe/<str:token>", mail.unsubscribe, name="unsubscribe"),
    path("login", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout", auth_views.LogoutView.as_view(), name="logout"),
    path("language/setlang/", mail.set_language, name="set_language"),
    path("", include("organizations.urls")),
    path("", include("matching.urls")),
    path("", include("proposals.urls")),
    path("", include("exchanges.urls")),
    path("", include("plans.urls")),
    path("", include("webhooks.urls")),
    path("", include("imports.urls")),
    path("", include("maps.urls")),
    path("api/v1/", include((api_urlpatterns, "api"))),
    path("metrics", metrics, name="metrics"),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
