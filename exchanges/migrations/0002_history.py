"""The history of running exchanges."""

from django.db import migrations

from turash.history.tracking import track


class Migration(migrations.Migration):
    dependencies = [("exchanges", "0001_initial"), ("organizations", "0016_history")]

    operations = [
        track("exchanges_delivery", organizations=["reported_for_id", "confirmed_for_id"]),
        track("exchanges_declaration", organizations=["organization_id"]),
    ]
