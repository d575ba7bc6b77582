"""The history of decisions about matches."""

from django.db import migrations

from turash.history.tracking import track


class Migration(migrations.Migration):
    dependencies = [("matching", "0014_candidates"), ("organizations", "0016_history")]

    operations = [
        track("matching_matchdismissal", organizations=["organization_id"]),
    ]
