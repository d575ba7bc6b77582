"""How static files are stored and named."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for everything, imports between ES modules included."""

    support_js_module_import_aggregation = True
    # A page that names a file before `collectstatic` has run gets the plain name.
    manifest_strict = False
