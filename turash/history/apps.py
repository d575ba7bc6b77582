from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class HistoryConfig(AppConfig):
    name = "turash.history"
    label = "history"
    verbose_name = _("History")

    def ready(self) -> None:
        from turash.history import cause

        connection_created.connect(cause.sign_statements, dispatch_uid="history.sign")
