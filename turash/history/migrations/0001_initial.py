import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = r"""
-- Who caused the statement that fires a trigger: the comment in front of it says so. Only the very
-- beginning is read, so that no text inside of a statement can pretend.
CREATE FUNCTION history_cause(OUT actor uuid, OUT via text) LANGUAGE plpgsql STABLE AS $$
DECLARE
    found text[];
BEGIN
    found := regexp_match(
        left(current_query(), 100), '^/\*turash actor=([0-9a-f-]{36}) via=([a-z]{1,10})\*/'
    );
    actor := found[1]::uuid;
    via := coalesce(found[2], '');
END $$;

-- The act of acting for an organization in which somebody is now. Whoever knows replaces this.
CREATE FUNCTION history_acting_of(actor uuid) RETURNS uuid LANGUAGE sql STABLE
AS 'SELECT NULL::uuid';

-- Arguments: the key column, the columns of the organizations concerned, hidden columns, secret
-- columns; several are separated by commas.
CREATE FUNCTION history_record_additions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cause record;
BEGIN
    cause := history_cause();
    EXECUTE format(
        'INSERT INTO history_change ("table", row_id, operation, changes, actor_id, acting_id, via,'
        ' database_role, organization_ids)'
        ' SELECT %L, %I::text, ''I'', ''{}'', $1, $2, $3, session_user,'
        ' array_remove(ARRAY[%s]::uuid[], NULL) FROM added',
        TG_TABLE_NAME, TG_ARGV[0], TG_ARGV[1]
    ) USING cause.actor, history_acting_of(cause.actor), cause.via;
    RETURN NULL;
END $$;

CREATE FUNCTION history_record_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    cause record;
    hidden text[] := string_to_array(TG_ARGV[2], ',');
    secret text[] := string_to_array(TG_ARGV[3], ',');
    before jsonb := to_jsonb(OLD);
    after jsonb;
    differences jsonb;
    concerned uuid[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        after := to_jsonb(NEW);
        SELECT jsonb_object_agg(
            key,
            CASE WHEN key = ANY (secret) THEN '["***", "***"]'::jsonb
                 ELSE jsonb_build_array(value, after -> key) END
        ) INTO differences
        FROM jsonb_each(before - hidden) WHERE value IS DISTINCT FROM after -> key;
        IF differences IS NULL THEN
            RETURN NULL;
        END IF;
    ELSE
        SELECT jsonb_object_agg(
            key,
            jsonb_build_array(CASE WHEN key = ANY (secret) THEN '"***"'::jsonb ELSE value END)
        ) INTO differences FROM jsonb_each(before - hidden);
    END IF;
    SELECT array_agg(DISTINCT id) INTO concerned FROM (
        SELECT (row_state ->> name)::uuid AS id
        FROM unnest(string_to_array(TG_ARGV[1], ',')) AS name,
             unnest(ARRAY[before, after]) AS row_state
    ) AS found WHERE id IS NOT NULL;
    cause := history_cause();
    INSERT INTO history_change ("table", row_id, operation, changes, actor_id, acting_id, via,
                                database_role, organization_ids)
    VALUES (TG_TABLE_NAME, before ->> TG_ARGV[0], left(TG_OP, 1), differences, cause.actor,
            history_acting_of(cause.actor), cause.via, session_user, coalesce(concerned, '{}'));
    RETURN NULL;
END $$;

-- What is written stays; only the data of a person can be forgotten.
CREATE FUNCTION history_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('turash.forgetting', true) = 'on' AND TG_OP = 'UPDATE' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The history is not changed.' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON history_change
FOR EACH ROW EXECUTE FUNCTION history_stays();

CREATE FUNCTION history_forget(of_table text, of_row text, columns text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('turash.forgetting', 'on', true);
    UPDATE history_change SET changes = (
        SELECT jsonb_object_agg(
            key,
            CASE WHEN key = ANY (columns)
                 THEN (SELECT jsonb_agg('***'::text) FROM jsonb_array_elements(value))
                 ELSE value END
        ) FROM jsonb_each(changes)
    )
    WHERE "table" = of_table AND row_id = of_row AND changes ?| columns;
    PERFORM set_config('turash.forgetting', 'off', true);
END $$;
"""

BACKWARD = """
DROP FUNCTION history_forget(text, text, text[]);
DROP TRIGGER history_stays ON history_change;
DROP FUNCTION history_stays();
DROP FUNCTION history_record_change();
DROP FUNCTION history_record_additions();
DROP FUNCTION history_acting_of(uuid);
DROP FUNCTION history_cause();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "happened_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="when"
                    ),
                ),
                ("table", models.CharField(max_length=63, verbose_name="table")),
                ("row_id", models.CharField(max_length=64, verbose_name="row")),
                (
                    "operation",
                    models.CharField(
                        choices=[("I", "added"), ("U", "changed"), ("D", "deleted")],
                        max_length=1,
                        verbose_name="what",
                    ),
                ),
                ("changes", models.JSONField(default=dict, verbose_name="differences")),
                ("actor_id", models.UUIDField(null=True, verbose_name="who")),
                ("acting_id", models.UUIDField(null=True, verbose_name="acting for others")),
                ("via", models.CharField(blank=True, max_length=10, verbose_name="by way of")),
                (
                    "database_role",
                    models.CharField(max_length=63, verbose_name="role in the database"),
                ),
                (
                    "organization_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        default=list,
                        size=None,
                        verbose_name="organizations concerned",
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "history",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(fields=["table", "row_id", "id"], name="history_of_row"),
                    models.Index(
                        condition=models.Q(("actor_id__isnull", False)),
                        fields=["actor_id", "id"],
                        name="history_of_actor",
                    ),
                    models.Index(
                        condition=models.Q(("acting_id__isnull", False)),
                        fields=["acting_id", "id"],
                        name="history_of_acting",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
