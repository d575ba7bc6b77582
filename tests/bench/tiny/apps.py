from django.apps import AppConfig


class TinyConfig(AppConfig):
    name = "tests.bench.tiny"

    def ready(self) -> None:
        from organizations.handlers import tell_about_site
        from turash.events import registry

        registry._handlers = {
            "organization_created": {"tiny": lambda event: None},
            "site_created": {"tell": tell_about_site},
        }
