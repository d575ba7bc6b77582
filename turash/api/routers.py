"""Routes without trailing slash, by path converters."""

from rest_framework.routers import SimpleRouter


def router() -> SimpleRouter:
    """Return a router as all apps use it."""
    return SimpleRouter(trailing_slash=False, use_regex_path=False)
