"""A proposal names the sender's own flow instead of a match: matches are no rows any more."""

import django.db.models.deletion
from django.db import migrations, models

TAKE_OVER = """
UPDATE proposals_proposal p
SET counterpart_id = CASE WHEN m.output_id = p.resource_id THEN m.input_id ELSE m.output_id END
FROM matching_match m WHERE m.id = p.match_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("proposals", "0002_schedule_expiry"),
        ("matching", "0010_stage_floats"),
        ("organizations", "0006_numbers_of_flows"),
    ]
    run_before = [("matching", "0013_lists_of_partners")]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="counterpart",
            field=models.ForeignKey(
                "organizations.resourceflow",
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                verbose_name="own flow of the sender",
            ),
        ),
        migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="proposal", name="match"),
    ]
