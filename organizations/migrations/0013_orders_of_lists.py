from django.db import migrations, models


class Migration(migrations.Migration):
    """A page of a list begins anywhere in an index: both columns have one direction."""

    dependencies = [("organizations", "0012_places_on_the_plane")]

    operations = [
        migrations.AlterModelOptions(
            name="resourceflow",
            options={
                "ordering": ["-created_at", "-pk"],
                "verbose_name": "resource flow",
                "verbose_name_plural": "resource flows",
            },
        ),
        migrations.RemoveIndex(model_name="resourceflow", name="organizations_flow_newest"),
        migrations.AddIndex(
            model_name="resourceflow",
            index=models.Index(fields=["-created_at", "-id"], name="organizations_flow_newest"),
        ),
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(fields=["name", "id"], name="organizations_by_name"),
        ),
        migrations.AddIndex(
            model_name="site",
            index=models.Index(fields=["name", "id"], name="organizations_site_by_name"),
        ),
    ]
