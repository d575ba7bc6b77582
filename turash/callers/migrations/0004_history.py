"""The history of tokens."""

from django.db import migrations

from turash.history.tracking import track


class Migration(migrations.Migration):
    dependencies = [("callers", "0003_schedule_prune"), ("history", "0001_initial")]

    operations = [
        track("callers_token", hidden=["last_used_at"], secret=["digest"]),
    ]
