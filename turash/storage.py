"""Which static files are collected, and under which names they are served."""

from django.contrib.staticfiles.apps import StaticFilesConfig as DjangoStaticFilesConfig
from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesConfig(DjangoStaticFilesConfig):
    """
    Leaves out what no page uses.

    A comment in one of htmx's extensions also looks like an import of a file that is not there.
    """

    ignore_patterns = [*DjangoStaticFilesConfig.ignore_patterns, "hx-*.js", "redoc"]


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for everything, imports between ES modules included."""

    support_js_module_import_aggregation = True
    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """Return the hashed name, or before `collectstatic` has run the plain one."""
        try:
            return super().stored_name(name)
        except ValueError:
            return name
