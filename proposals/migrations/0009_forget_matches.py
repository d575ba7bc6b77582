"""Matches are no rows any more: a proposal names both flows instead."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("proposals", "0008_attachments"), ("matching", "0012_scopes_of_runs")]
    run_before = [("matching", "0013_lists_of_partners")]

    operations = [migrations.RemoveField(model_name="proposal", name="match")]
