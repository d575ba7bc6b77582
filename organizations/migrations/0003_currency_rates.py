"""Currencies with a rate fixed by treaty or law; a facilitator adds the others in the admin."""

from datetime import date
from decimal import Decimal

from django.db import migrations

RATES = [
    ("EUR", Decimal(1), date(1999, 1, 1), "the euro itself"),
    # Central rate 7.46038 DKK per EUR.
    (
        "DKK",
        Decimal(1) / Decimal("7.46038"),
        date(1999, 1, 1),
        "Central rate in the Exchange Rate Mechanism ERM II",
    ),
    # Currency board, 1.95583 BAM per EUR.
    (
        "BAM",
        Decimal(1) / Decimal("1.95583"),
        date(1999, 1, 1),
        "Currency board of the Central Bank of Bosnia and Herzegovina",
    ),
]


def add_rates(apps, schema_editor):
    rate = apps.get_model("organizations", "CurrencyRate")
    rate.objects.bulk_create(
        rate(code=code, eur_per_unit=round(value, 9), as_of_date=as_of, source=source)
        for code, value, as_of, source in RATES
    )


class Migration(migrations.Migration):
    dependencies = [("organizations", "0002_flow_follows_site")]

    operations = [migrations.RunPython(add_rates, migrations.RunPython.noop)]
