"""Django's admin, with Turash's own site."""

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "turash.admin_site.TurashAdminSite"
