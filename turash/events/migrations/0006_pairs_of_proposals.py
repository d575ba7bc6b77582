"""`proposal_status_changed` tells which pair the proposal is about: version 2 of its payload."""

from django.db import migrations

# Of events that waited during the update it is not known.
UPGRADE = """
UPDATE events_domainevent
SET version = 2, payload = payload || '{"output_id": null, "input_id": null}'
WHERE type = 'proposal_status_changed' AND version = 1
"""
DOWNGRADE = """
UPDATE events_domainevent SET version = 1, payload = payload - 'output_id' - 'input_id'
WHERE type = 'proposal_status_changed' AND version = 2
"""


class Migration(migrations.Migration):
    dependencies = [("events", "0005_schedule_prune")]

    operations = [migrations.RunSQL(UPGRADE, DOWNGRADE)]
