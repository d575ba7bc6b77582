from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CallersConfig(AppConfig):
    name = "turash.callers"
    label = "callers"
    verbose_name = _("Callers of the API")
