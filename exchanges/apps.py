from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExchangesConfig(AppConfig):
    name = "exchanges"
    verbose_name = _("Running exchanges")

    def ready(self) -> None:
        from exchanges import handlers, history  # noqa: F401
