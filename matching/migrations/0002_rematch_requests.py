from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="RematchRequest",
            fields=[
                (
                    "flow_id",
                    models.UUIDField(primary_key=True, serialize=False, verbose_name="flow"),
                ),
                ("version", models.PositiveIntegerField(default=1, verbose_name="changes")),
                ("requested_at", models.DateTimeField(verbose_name="first requested at")),
                ("due_at", models.DateTimeField(verbose_name="due at")),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("last_error", models.TextField(blank=True, verbose_name="last error")),
            ],
            options={
                "verbose_name": "rematch request",
                "verbose_name_plural": "rematch requests",
            },
        ),
        migrations.AddIndex(
            model_name="rematchrequest",
            index=models.Index(fields=["due_at"], name="matching_rematch_due"),
        ),
    ]
