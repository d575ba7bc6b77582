from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class OrganizationsConfig(AppConfig):
    name = "organizations"
    verbose_name = _("Organizations")

    def ready(self) -> None:
        from organizations import handlers, restoring, roles, signals  # noqa: F401

        # Permissions exist only after an app is migrated.
        post_migrate.connect(roles.grant_permissions, dispatch_uid="organizations.roles")
