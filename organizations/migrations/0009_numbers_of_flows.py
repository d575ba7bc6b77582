"""Flows are numbered: lists of partners refer to them by the million."""

from django.db import migrations, models
from django.db.models import Func, Value

SEQUENCE = "organizations_resourceflow_number"


class Migration(migrations.Migration):
    dependencies = [("organizations", "0008_contacts")]

    operations = [
        migrations.RunSQL(f"CREATE SEQUENCE {SEQUENCE}", f"DROP SEQUENCE {SEQUENCE}"),
        migrations.AddField(
            model_name="resourceflow",
            name="number",
            field=models.BigIntegerField(
                db_default=Func(Value(SEQUENCE), function="nextval"), editable=False, unique=True
            ),
        ),
    ]
