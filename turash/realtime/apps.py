from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "turash.realtime"
    label = "realtime"
    verbose_name = "Live updates"
