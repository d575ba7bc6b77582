"""Matches become a view over lists of partners, which are written by the million in seconds."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Func, Q
from django.utils import timezone

# The twin of `matching.ids.match_id`.
ID = """
CREATE FUNCTION matching_match_id(output_number bigint, input_number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT overlay(overlay(
        lpad(to_hex(output_number), 15, '0') || lpad(to_hex(input_number), 15, '0')
        PLACING '8' FROM 13 FOR 0) PLACING '8' FROM 17 FOR 0)::uuid
$$
"""
# A row for each flow and each partner that is in its list or has it in its own.
VIEW = """
CREATE VIEW matching_match AS
SELECT
    CASE WHEN list.is_output THEN matching_match_id(own.number, partner.number)
        ELSE matching_match_id(partner.number, own.number) END AS id,
    list.flow_id, list.is_output,
    CASE WHEN list.is_output THEN list.flow_id ELSE partner.id END AS output_id,
    CASE WHEN list.is_output THEN partner.id ELSE list.flow_id END AS input_id,
    CASE WHEN list.is_output THEN entry.rank ELSE their.rank END AS output_rank,
    CASE WHEN list.is_output THEN their.rank ELSE entry.rank END AS input_rank,
    coalesce(entry.score, their.score) AS score,
    coalesce(entry.distance_m, their.distance_m) AS distance_m
FROM matching_partnerlist list
JOIN organizations_resourceflow own ON own.id = list.flow_id
CROSS JOIN LATERAL (
    SELECT number, score, distance_m, rank::integer
    FROM unnest(list.partners, list.scores, list.distances_m)
        WITH ORDINALITY AS mine (number, score, distance_m, rank)
    UNION ALL
    SELECT number, NULL, NULL, NULL FROM unnest(list.listed_by) AS theirs (number)
    WHERE number <> ALL (list.partners)
) AS entry
JOIN organizations_resourceflow partner ON partner.number = entry.number
LEFT JOIN LATERAL (
    SELECT rank, scores[rank] AS score, distances_m[rank] AS distance_m
    FROM (
        SELECT array_position(partners, own.number) AS rank, scores, distances_m
        FROM matching_partnerlist WHERE flow_id = partner.id
    ) AS list_of_partner
) AS their ON true
"""
# What was kept as a row for each pair.
TAKE_OVER = """
WITH entry AS (
    SELECT output_id AS flow_id, true AS is_output, input_id AS partner_id, output_rank AS rank,
        score, distance_m, savings_eur_per_year, co2_avoided_t_per_year
    FROM matching_match WHERE output_rank IS NOT NULL
    UNION ALL
    SELECT input_id, false, output_id, input_rank, score, distance_m, savings_eur_per_year,
        co2_avoided_t_per_year
    FROM matching_match WHERE input_rank IS NOT NULL
),
own AS (
    SELECT entry.flow_id, array_agg(partner.number ORDER BY rank) AS partners,
        array_agg(score ORDER BY rank) AS scores, array_agg(distance_m ORDER BY rank) AS distances,
        max(savings_eur_per_year) FILTER (WHERE rank = 1) AS savings,
        max(co2_avoided_t_per_year) FILTER (WHERE rank = 1) AS co2
    FROM entry JOIN organizations_resourceflow partner ON partner.id = partner_id
    GROUP BY entry.flow_id
),
theirs AS (
    SELECT partner_id AS flow_id, array_agg(holder.number) AS listed_by
    FROM entry JOIN organizations_resourceflow holder ON holder.id = entry.flow_id
    GROUP BY partner_id
)
INSERT INTO matching_partnerlist (
    flow_id, is_output, partners, scores, distances_m, listed_by, match_count,
    best_savings_eur_per_year, best_co2_avoided_t_per_year
)
SELECT flow.id, flow.direction = 'output', coalesce(own.partners, '{}'),
    coalesce(own.scores, '{}'), coalesce(own.distances, '{}'), coalesce(theirs.listed_by, '{}'),
    (SELECT count(*) FROM matching_match m WHERE flow.id IN (m.output_id, m.input_id)),
    coalesce(own.savings, 0), coalesce(own.co2, 0)
FROM organizations_resourceflow flow
LEFT JOIN own ON own.flow_id = flow.id
LEFT JOIN theirs ON theirs.flow_id = flow.id
WHERE own IS NOT NULL OR theirs IS NOT NULL
"""
MOST_PARTNERS = 20


def end_runs(apps, schema_editor):
    """End runs of all that have staged something: they can be asked for again."""
    runs = apps.get_model("matching", "MatchingRun").objects.filter(organization=None)
    runs.filter(status="running").update(
        status="failed", error="Turash was updated.", finished_at=timezone.now()
    )


def lists() -> list[tuple[str, models.Field]]:
    array = django.contrib.postgres.fields.ArrayField
    return [
        ("is_output", models.BooleanField()),
        ("partners", array(base_field=models.BigIntegerField(), size=None)),
        ("scores", array(base_field=models.FloatField(), size=None)),
        ("distances_m", array(base_field=models.FloatField(), size=None)),
        ("listed_by", array(base_field=models.BigIntegerField(), size=None)),
        ("match_count", models.IntegerField()),
        ("best_co2_avoided_t_per_year", models.FloatField()),
    ]


def flow(*, name: str = "") -> models.ForeignKey:
    labels = {"verbose_name": name} if name else {}
    return models.ForeignKey(
        "organizations.resourceflow",
        models.DO_NOTHING,
        related_name="+",
        **labels,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0012_scopes_of_runs"),
        ("organizations", "0009_numbers_of_flows"),
    ]

    operations = [
        migrations.RunPython(end_runs, migrations.RunPython.noop),
        migrations.CreateModel(
            name="PartnerList",
            fields=[
                (
                    "flow",
                    models.OneToOneField(
                        "organizations.resourceflow",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="partner_list",
                        serialize=False,
                    ),
                ),
                *lists(),
                (
                    "best_savings_eur_per_year",
                    models.DecimalField(decimal_places=2, max_digits=34),
                ),
            ],
            options={
                "verbose_name": "list of partners",
                "verbose_name_plural": "lists of partners",
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(partners__len__lte=MOST_PARTNERS)
                        & Q(partners__len=Func(F("scores"), function="cardinality"))
                        & Q(partners__len=Func(F("distances_m"), function="cardinality")),
                        name="matching_partnerlist_is_parallel",
                    )
                ],
            },
        ),
        migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop),
        migrations.DeleteModel("StagedMatch"),
        migrations.CreateModel(
            name="StagedList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                *lists(),
                ("flow_id", models.UUIDField()),
                ("number", models.BigIntegerField()),
                ("best_savings_eur_per_year", models.FloatField()),
                (
                    "partition",
                    models.ForeignKey(
                        "matching.matchingrunpartition",
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                    ),
                ),
            ],
            options={"verbose_name": "staged list", "verbose_name_plural": "staged lists"},
        ),
        migrations.DeleteModel("Match"),
        migrations.RunSQL(ID, "DROP FUNCTION matching_match_id"),
        migrations.RunSQL(VIEW, "DROP VIEW matching_match"),
        migrations.CreateModel(
            name="Match",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("flow", flow()),
                ("is_output", models.BooleanField()),
                ("output", flow(name="output")),
                ("input", flow(name="input")),
                ("output_rank", models.IntegerField(null=True, verbose_name="rank for the output")),
                ("input_rank", models.IntegerField(null=True, verbose_name="rank for the input")),
                ("score", models.FloatField(verbose_name="score")),
                ("distance_m", models.FloatField(verbose_name="distance [m]")),
            ],
            options={
                "verbose_name": "match",
                "verbose_name_plural": "matches",
                "db_table": "matching_match",
                "ordering": ["-score", "distance_m", "pk"],
                "managed": False,
            },
        ),
    ]
