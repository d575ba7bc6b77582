"""The resource types of organizations/data/resource_types.json, with units, prices and factors."""

import json
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).parent.parent / "data" / "resource_types.json"
# Columns that hold an empty text where the file says null.
TEXTS = ("unit", "replaced_product", "price_source", "co2_source")


def add_resource_types(apps, schema_editor):
    resource_type = apps.get_model("organizations", "ResourceType")
    by_code = {}
    for entry in json.loads(DATA.read_text(encoding="utf-8")):
        fields = {**entry, **{name: entry[name] or "" for name in TEXTS}}
        fields["parent"] = by_code.get(entry["parent"])
        by_code[entry["code"]] = resource_type.objects.create(**fields)


class Migration(migrations.Migration):
    dependencies = [("organizations", "0003_currency_rates")]

    operations = [migrations.RunPython(add_resource_types, migrations.RunPython.noop)]
