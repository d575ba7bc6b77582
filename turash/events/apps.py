from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "turash.events"
    label = "events"
    verbose_name = "Events"
