"""HTTP and websocket entry point."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "turash.settings")
# Loads the apps, which the imports below need.
http_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from turash.realtime.authentication import authenticated  # noqa: E402
from turash.realtime.consumers import UpdatesConsumer  # noqa: E402

websocket_urlpatterns = [path("ws/updates", UpdatesConsumer.as_asgi())]

application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": authenticated(URLRouter(websocket_urlpatterns)),
    }
)
