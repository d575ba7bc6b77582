"""Flows as the engine reads them: a row each, kept by triggers of the database."""

import django.contrib.gis.db.models.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

# The layouts are those of `matching.records`. What is not stated is NaN, or without end.
_RANGES = " || ".join(
    f"float8send(coalesce(flow.{name}_{end}, 'NaN'))"
    for name in ("temperature_celsius", "pressure_bar", "purity_pct", "moisture_pct", "ph")
    for end in ("min", "max")
)
RECORD = f"""
CREATE FUNCTION matching_record(
    flow organizations_resourceflow, site organizations_site, owner organizations_organization
) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT
        uuid_send(flow.id)
        || int8send(flow.number)
        || uuid_send(flow.organization_id)
        || int4send(flow.resource_type_id)
        || int4send((flow.direction = 'output')::int)
        || float8send(ST_Y(flow.location::geometry))
        || float8send(ST_X(flow.location::geometry))
        || float8send(coalesce(flow.max_distance_km * 1000, 'Infinity'))
        -- What is under contract is not there to be matched.
        || float8send(flow.quantity_per_year - flow.reserved_per_year)
        || float8send(flow.min_quantity_per_year)
        || flow.hours_of_week || '\\x000000'
        || int4send((SELECT bit_or(1 << (month - 1)) FROM unnest(flow.months) month))
        || int4send(coalesce(flow.valid_from - DATE '1970-01-01', -2147483648))
        || int4send(coalesce(flow.valid_to - DATE '1970-01-01', 2147483647))
        || {_RANGES}
        || int4send(flow.hazardous::int)
        || int4send(site.holds_hazardous_waste_permit::int)
        || int4send(array_position(
            ARRAY['measured', 'estimated', 'rough'], flow.precision_level::text) - 1)
        || int4send((owner.verified_at IS NOT NULL)::int)
        || int4send(owner.completed_exchanges)
        || int4send(ascii(site.country) * 256 + ascii(substr(site.country, 2)))
        || float8send(coalesce(flow.current_cost_per_unit::float8 / flow.unit_factor, 'NaN'))
        || int4send((ascii(flow.currency_id) * 256 + ascii(substr(flow.currency_id, 2))) * 256
            + ascii(substr(flow.currency_id, 3)))
        || int4send(coalesce((
            SELECT bit_or(1 << (array_position(
                ARRAY['pipe', 'truck', 'rail', 'grid', 'pickup'], method::text) - 1))
            FROM unnest(flow.methods) method), 0))
        || float8send(coalesce(flow.storage_days, 0))
$$
"""
# Whoever packs a flow takes hold of its row first and reads everything after that, so that of two
# who change what is in it the last one sees both.
PACK = """
CREATE FUNCTION matching_pack(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM matching_candidate WHERE flow_id = ANY(ids) ORDER BY flow_id FOR UPDATE;
    INSERT INTO matching_candidate AS candidate (
        flow_id, is_output, is_offered, number, resource_type_id, location, record, contaminants)
    SELECT
        flow.id,
        flow.direction = 'output',
        flow.status = 'active' AND flow.quantity_per_year > flow.reserved_per_year,
        flow.number,
        flow.resource_type_id,
        flow.location,
        matching_record(flow, site, owner),
        coalesce((
            SELECT string_agg(
                int8send(flow.number) || convert_to(rpad(substance, 40), 'UTF8')
                || float8send(mg_per_kg), ''
                ORDER BY substance)
            FROM organizations_flowcontaminant WHERE flow_id = flow.id), '')
    FROM organizations_resourceflow flow
    JOIN organizations_site site ON site.id = flow.site_id
    JOIN organizations_organization owner ON owner.id = flow.organization_id
    WHERE flow.id = ANY(ids)
    ON CONFLICT (flow_id) DO UPDATE SET
        (is_output, is_offered, number, resource_type_id, location, record, contaminants)
        = (excluded.is_output, excluded.is_offered, excluded.number, excluded.resource_type_id,
            excluded.location, excluded.record, excluded.contaminants)
    WHERE (candidate.is_output, candidate.is_offered, candidate.record, candidate.contaminants)
        IS DISTINCT FROM
        (excluded.is_output, excluded.is_offered, excluded.record, excluded.contaminants);
END $$;

-- Whose flow is not there yet does not see it: site and owner wait until it is.
CREATE FUNCTION matching_hold_sites(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM organizations_site WHERE id = ANY(ids) ORDER BY id FOR SHARE;
    PERFORM FROM organizations_organization
    WHERE id IN (SELECT organization_id FROM organizations_site WHERE id = ANY(ids))
    ORDER BY id FOR SHARE;
END $$;
"""
TRIGGERS = """
CREATE FUNCTION matching_flows_declared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM matching_hold_sites(ARRAY(SELECT DISTINCT site_id FROM new_rows));
    PERFORM matching_pack(ARRAY(SELECT id FROM new_rows));
    RETURN NULL;
END $$;
CREATE TRIGGER matching_flows_declared AFTER INSERT ON organizations_resourceflow
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION matching_flows_declared();

CREATE FUNCTION matching_flows_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM matching_hold_sites(ARRAY(
        SELECT new_rows.site_id FROM new_rows JOIN old_rows USING (id)
        WHERE new_rows.site_id <> old_rows.site_id));
    PERFORM matching_pack(ARRAY(SELECT id FROM new_rows));
    RETURN NULL;
END $$;
CREATE TRIGGER matching_flows_changed AFTER UPDATE ON organizations_resourceflow
REFERENCING NEW TABLE AS new_rows OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION matching_flows_changed();

CREATE FUNCTION matching_flows_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM matching_candidate USING old_rows WHERE flow_id = old_rows.id;
    RETURN NULL;
END $$;
CREATE TRIGGER matching_flows_deleted AFTER DELETE ON organizations_resourceflow
REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION matching_flows_deleted();

CREATE FUNCTION matching_all_flows_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM matching_candidate;
    RETURN NULL;
END $$;
CREATE TRIGGER matching_all_flows_deleted AFTER TRUNCATE ON organizations_resourceflow
FOR EACH STATEMENT EXECUTE FUNCTION matching_all_flows_deleted();

CREATE FUNCTION matching_site_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM matching_pack(ARRAY(
        SELECT id FROM organizations_resourceflow WHERE site_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER matching_site_changed
AFTER UPDATE OF country, holds_hazardous_waste_permit ON organizations_site
FOR EACH ROW
WHEN ((OLD.country, OLD.holds_hazardous_waste_permit)
      IS DISTINCT FROM (NEW.country, NEW.holds_hazardous_waste_permit))
EXECUTE FUNCTION matching_site_changed();

CREATE FUNCTION matching_owner_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM matching_pack(ARRAY(
        SELECT id FROM organizations_resourceflow WHERE organization_id = NEW.id));
    RETURN NULL;
END $$;
CREATE TRIGGER matching_owner_changed
AFTER UPDATE OF verified_at, completed_exchanges ON organizations_organization
FOR EACH ROW
WHEN ((OLD.verified_at, OLD.completed_exchanges)
      IS DISTINCT FROM (NEW.verified_at, NEW.completed_exchanges))
EXECUTE FUNCTION matching_owner_changed();

CREATE FUNCTION matching_contaminants_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM matching_pack(ARRAY(SELECT DISTINCT flow_id FROM rows));
    RETURN NULL;
END $$;
CREATE TRIGGER matching_contaminants_stated AFTER INSERT ON organizations_flowcontaminant
REFERENCING NEW TABLE AS rows
FOR EACH STATEMENT EXECUTE FUNCTION matching_contaminants_changed();
CREATE TRIGGER matching_contaminants_changed AFTER UPDATE ON organizations_flowcontaminant
REFERENCING NEW TABLE AS rows
FOR EACH STATEMENT EXECUTE FUNCTION matching_contaminants_changed();
CREATE TRIGGER matching_contaminants_withdrawn AFTER DELETE ON organizations_flowcontaminant
REFERENCING OLD TABLE AS rows
FOR EACH STATEMENT EXECUTE FUNCTION matching_contaminants_changed();
"""
WITHOUT_TRIGGERS = """
DROP TRIGGER matching_contaminants_withdrawn ON organizations_flowcontaminant;
DROP TRIGGER matching_contaminants_changed ON organizations_flowcontaminant;
DROP TRIGGER matching_contaminants_stated ON organizations_flowcontaminant;
DROP TRIGGER matching_owner_changed ON organizations_organization;
DROP TRIGGER matching_site_changed ON organizations_site;
DROP TRIGGER matching_all_flows_deleted ON organizations_resourceflow;
DROP TRIGGER matching_flows_deleted ON organizations_resourceflow;
DROP TRIGGER matching_flows_changed ON organizations_resourceflow;
DROP TRIGGER matching_flows_declared ON organizations_resourceflow;
DROP FUNCTION matching_contaminants_changed, matching_owner_changed, matching_site_changed,
    matching_all_flows_deleted, matching_flows_deleted, matching_flows_changed,
    matching_flows_declared, matching_hold_sites, matching_pack;
"""
TAKE_OVER = "SELECT matching_pack(ARRAY(SELECT id FROM organizations_resourceflow))"


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0013_lists_of_partners"),
        ("organizations", "0012_places_on_the_plane"),
    ]

    operations = [
        migrations.CreateModel(
            name="Candidate",
            fields=[
                (
                    "flow",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="organizations.resourceflow",
                    ),
                ),
                ("is_output", models.BooleanField()),
                ("is_offered", models.BooleanField()),
                ("number", models.BigIntegerField()),
                ("resource_type_id", models.SmallIntegerField()),
                (
                    "location",
                    django.contrib.gis.db.models.fields.PointField(
                        geography=True, spatial_index=False, srid=4326
                    ),
                ),
                ("record", models.BinaryField()),
                ("contaminants", models.BinaryField()),
            ],
            options={"verbose_name": "candidate", "verbose_name_plural": "candidates"},
        ),
        migrations.RunSQL(
            RECORD,
            "DROP FUNCTION matching_record",
        ),
        migrations.RunSQL([PACK, TRIGGERS], WITHOUT_TRIGGERS),
        migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop),
        *(
            migrations.AddIndex(
                "Candidate",
                django.contrib.postgres.indexes.GistIndex(
                    fields=["resource_type_id", "location"],
                    condition=Q(is_offered=True, is_output=is_output),
                    name=f"matching_offered_{direction}s",
                ),
            )
            for direction, is_output in (("input", False), ("output", True))
        ),
        migrations.AddIndex(
            "Candidate",
            models.Index(
                fields=["resource_type_id"],
                condition=Q(is_offered=True),
                name="matching_candidate_of_type",
            ),
        ),
    ]
