"""Which candidates and which lists have changed since somebody read them."""

import django.contrib.postgres.fields
from django.db import migrations, models

TRIGGER = """
CREATE FUNCTION matching_candidate_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER matching_candidate_changed BEFORE INSERT OR UPDATE ON matching_candidate
FOR EACH ROW EXECUTE FUNCTION matching_candidate_changed();
"""
WITHOUT_TRIGGER = """
DROP TRIGGER matching_candidate_changed ON matching_candidate;
DROP FUNCTION matching_candidate_changed;
"""


class Migration(migrations.Migration):
    dependencies = [("matching", "0015_history")]

    operations = [
        migrations.AddField(
            "Candidate", "changed_in", models.BigIntegerField(db_default=0, db_index=True)
        ),
        migrations.RunSQL(TRIGGER, WITHOUT_TRIGGER),
        migrations.CreateModel(
            name="ListChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "numbers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
            ],
            options={
                "verbose_name": "change of lists",
                "verbose_name_plural": "changes of lists",
            },
        ),
    ]
