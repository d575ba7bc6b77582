"""Settings of Turash; the environment is read here and nowhere else."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from turash.local import postgres, redis, secrets

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = BASE_DIR / ".local"

env = environ.Env()

# Numba keeps compiled kernels here; set before the engine is imported.
os.environ.setdefault("NUMBA_CACHE_DIR", str(LOCAL_DIR / "numba-cache"))
# Workers are forked processes, and this threading layer alone survives a fork.
os.environ.setdefault("NUMBA_THREADING_LAYER", "workqueue")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secrets.local_secret_key(LOCAL_DIR)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# On a laptop the pages are plain HTTP on loopback; a deployment sets HTTPS=true.
HTTPS = env.bool("HTTPS", default=False)

INSTALLED_APPS = [
    "daphne",
    "turash.admin_apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "turash.storage.StaticFilesConfig",
    "django.contrib.gis",
    "django.contrib.postgres",
    "django.forms",
    "channels",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "turash",
    # After turash, which extends its command `qcluster`.
    "django_q",
    "turash.events",
    "turash.history",
    "turash.desk",
    "turash.callers",
    "turash.realtime",
    "turash.mail",
    "organizations",
    "matching",
    "proposals",
    "exchanges",
    "plans",
    "webhooks",
    "imports",
    "maps",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "turash.api.middleware.CompressMiddleware",
    "turash.history.cause.HistoryMiddleware",
    "turash.callers.middleware.RateMiddleware",
    "turash.api.middleware.TagMiddleware",
    "turash.callers.idempotency.RepeatMiddleware",
    "organizations.merged.MergedMiddleware",
    "turash.views.errors.TryLaterMiddleware",
]

ROOT_URLCONF = "turash.urls"
ASGI_APPLICATION = "turash.asgi.application"
APPEND_SLASH = False

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "turash.context.map_tiles",
                "turash.context.live_updates",
                "turash.context.acting",
            ],
        },
    }
]

# --- Data -----------------------------------------------------------------------------------

if env.str("DATABASE_URL", default=""):
    _database = env.db("DATABASE_URL") | {"ENGINE": "django.contrib.gis.db.backends.postgis"}
    # A socket directory is a percent-encoded host, as in libpq.
    _database["HOST"] = unquote(_database["HOST"])
else:
    _database = {"ENGINE": "django.contrib.gis.db.backends.postgis"} | (
        postgres.connection_settings()
    )
# PostGIS makes its functions look dear, so that PostgreSQL would compile a statement for longer
# than it takes to answer it.
_database["OPTIONS"] = {"options": "-c jit=off"} | _database.get("OPTIONS", {})
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "organizations.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
CSRF_FAILURE_VIEW = "turash.views.errors.csrf_failure"
# Widgets find their templates where pages do.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "landing"

REDIS_URL = env.str("REDIS_URL", default="") or redis.redis_url()
# Several installations can share a Redis.
REDIS_PREFIX = env.str("REDIS_PREFIX", default="turash")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX,
    }
}

# --- Events and workers ---------------------------------------------------------------------

# Or "turash.events.streams.StreamsPublisher": see docs/events.md.
EVENT_PUBLISHER = env.str("EVENT_PUBLISHER", default="turash.events.publishers.QueuePublisher")
# Open deliveries; beyond, publishing waits for so long, and then the request is answered with 503.
EVENT_QUEUE_LIMIT = env.int("EVENT_QUEUE_LIMIT", default=100_000)
EVENT_PUBLISH_DEADLINE_S = env.float("EVENT_PUBLISH_DEADLINE_S", default=2.0)
# How long a handler may work on an event, and how long what has happened is remembered.
EVENT_HANDLER_LIMIT = timedelta(seconds=env.float("EVENT_HANDLER_LIMIT_S", default=30.0))
EVENT_RETENTION = timedelta(days=env.int("EVENT_RETENTION_DAYS", default=90))
# What Prometheus brings to /metrics; empty: facilitators alone may look.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
Q_CLUSTER = {
    "name": "turash",
    "orm": "default",
    "workers": env.int("WORKERS", default=2),
    "broker_class": "turash.events.queue.QueueBroker",
    "timeout": 600,
    # Above `timeout`, so that a task is handed out again only when its worker is surely gone.
    "retry": 660,
    "max_attempts": 5,
    # What a failed task has left undone is handed out again by its own sweeper.
    "ack_failures": True,
    # Between looks for tasks that were put aside; others wake the workers at once.
    "poll": 0.25,
    # Tasks taken at a time, and those that may wait in memory for a worker.
    "bulk": 4,
    "queue_limit": 8,
    "recycle": 5000,
    "save_limit": 1000,
    "catch_up": False,
    "label": "Queue",
}

# --- E-mail ---------------------------------------------------------------------------------

# For example smtp+tls://user:password@mail.example.org:587 or consolemail://; by default e-mails
# become files that one can read.
vars().update(env.email_url("EMAIL_URL", default=f"filemail:///{LOCAL_DIR / 'mail'}"))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Turash <turash@localhost>")
# How links in e-mails begin.
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")

# Whom those who want to join write to; empty: the first page names nobody.
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="")

# --- Webhooks -------------------------------------------------------------------------------

# Where they may lead: see docs/webhooks.md. Networks of the organization's own, such as
# 10.20.0.0/16, are reached only where they are named here.
WEBHOOK_SCHEMES = env.list("WEBHOOK_SCHEMES", default=["https"])
WEBHOOK_PORTS = env.list("WEBHOOK_PORTS", cast=int, default=[443, 8443])
WEBHOOK_NETWORKS = env.list("WEBHOOK_NETWORKS", default=[])

# --- API ------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "turash.callers.authentication.TokenAuthentication",
        "turash.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["turash.callers.throttling.CallerThrottle"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["turash.api.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "turash.api.negotiation.Negotiation",
    "DEFAULT_PAGINATION_CLASS": "turash.api.pagination.HeaderPagination",
    "DEFAULT_SCHEMA_CLASS": "turash.api.schema.AutoSchema",
    "DEFAULT_METADATA_CLASS": "turash.api.metadata.MethodsOnly",
    "EXCEPTION_HANDLER": "turash.api.problem_details.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Turash",
    "DESCRIPTION": "Industrial symbiosis: who can use what leaves whose site.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "turash.api.schema.allow_blanks",
        "turash.api.examples.add_examples",
    ],
    "ENUM_NAME_OVERRIDES": {
        "DisclosureStageEnum": "organizations.models.contact.Stage",
        "DirectionEnum": "organizations.models.ResourceFlow.Direction",
        "FlowStatusEnum": "organizations.models.ResourceFlow.Status",
        "JobStatusEnum": "matching.models.MatchingRun.Status",
        "ProposalStatusEnum": "proposals.states.Status",
        "MatchTransportEnum": "matching.engine.arrays.MODES",
        "ScopeEnum": "turash.callers.models.Token.Scope",
        "SubtypeEnum": "organizations.models.Organization.Subtype",
        "TransportModeEnum": "organizations.models.resource_type.TransportMode",
        "VisibilityEnum": "organizations.models.Visibility",
        "WebhookStatusEnum": "webhooks.models.Webhook.Status",
        "WebhookDeliveryStatusEnum": "webhooks.models.WebhookDelivery.Status",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "turash.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Where files of conversations are kept: no web server may serve from here.
ATTACHMENTS_DIR = Path(env.str("ATTACHMENTS_DIR", default=str(LOCAL_DIR / "attachments")))

# Where files wait until they are imported, seen by web servers and workers alike; the largest.
IMPORTS_DIR = Path(env.str("IMPORTS_DIR", default=str(LOCAL_DIR / "imports")))
IMPORT_LARGEST_BYTES = env.int("IMPORT_LARGEST_MB", default=512) * 1024 * 1024

# --- Rate limits ----------------------------------------------------------------------------

# In Redis; other limits stand beside what they limit.
RATE_LIMIT_PREFIX = f"{REDIS_PREFIX}:limits"
# Requests to the API, as "so many at once / so many more a minute", of an address, a user and a
# token each; an address can be a whole factory.
API_RATES = {
    "address": env.str("API_RATE_ADDRESS", default="1000/3000"),
    "user": env.str("API_RATE_USER", default="600/1200"),
    "token": env.str("API_RATE_TOKEN", default="300/600"),
}
# How many proxies of our own stand in front: the address of a caller is the last but so many in
# X-Forwarded-For. 0: whoever connects.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# --- Matching --------------------------------------------------------------------------------

# Whether dismissals and decisions about proposals shift the weights of the score, within bounds:
# see "Learning" in docs/matching.md.
MATCHING_LEARNS = env.bool("MATCHING_LEARNS", default=False)
# How many partitions `manage.py match` does at once; workers do one each.
MATCHING_THREADS = env.int("MATCHING_THREADS", default=os.cpu_count() or 1)

# --- Language and time ----------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ru", _("Russian")), ("tt", _("Tatar"))]
LOCALE_PATHS = [BASE_DIR / "turash" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Pages, static files, security ----------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = LOCAL_DIR / "static-root"
# What set-up has fetched; an installation without it still has pages, but no map.
STATICFILES_DIRS = [path for path in (LOCAL_DIR / "static",) if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "turash.storage.StaticFilesStorage"},
}
# {z}/{x}/{y} address of a raster tile server drawn under the offline basemap; empty: none.
MAP_TILES_URL = env.str("MAP_TILES_URL", default="")
MAP_TILES_ATTRIBUTION = env.str("MAP_TILES_ATTRIBUTION", default="")
_tile_hosts = ["/".join(MAP_TILES_URL.split("/")[:3])] if MAP_TILES_URL else []

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *_tile_hosts],
        "connect-src": [SELF, *_tile_hosts],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
# Debian 12 brings GDAL 3.6, which cannot be told to stay off the network; Turash hands it nothing
# that users send: points arrive as coordinates, with a fixed reference system.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # One line for every task enqueued and done would bury the rest.
    "loggers": {"django-q": {"level": "WARNING"}},
}
