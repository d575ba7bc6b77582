"""A flow lies where its site lies and belongs to whom its site belongs to: the database says so."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION organizations_flow_takes_place_of_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT site.location, site.organization_id INTO NEW.location, NEW.organization_id
    FROM organizations_site site WHERE site.id = NEW.site_id;
    RETURN NEW;
END $$;

CREATE TRIGGER organizations_flow_takes_place_of_site
BEFORE INSERT OR UPDATE OF site_id, location, organization_id ON organizations_resourceflow
FOR EACH ROW EXECUTE FUNCTION organizations_flow_takes_place_of_site();

CREATE FUNCTION organizations_site_moves_its_flows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE organizations_resourceflow
    SET location = NEW.location, organization_id = NEW.organization_id
    WHERE site_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER organizations_site_moves_its_flows
AFTER UPDATE OF location, organization_id ON organizations_site
FOR EACH ROW
WHEN (OLD.location::bytea IS DISTINCT FROM NEW.location::bytea
      OR OLD.organization_id <> NEW.organization_id)
EXECUTE FUNCTION organizations_site_moves_its_flows();

ALTER TABLE organizations_resourceflow
    ADD CONSTRAINT organizations_resourceflow_hours_of_week_exist
    CHECK (octet_length(hours_of_week) = 21
           AND hours_of_week <> decode(repeat('00', 21), 'hex'));
"""

BACKWARD = """
ALTER TABLE organizations_resourceflow
    DROP CONSTRAINT organizations_resourceflow_hours_of_week_exist;
DROP TRIGGER organizations_site_moves_its_flows ON organizations_site;
DROP FUNCTION organizations_site_moves_its_flows();
DROP TRIGGER organizations_flow_takes_place_of_site ON organizations_resourceflow;
DROP FUNCTION organizations_flow_takes_place_of_site();
"""


class Migration(migrations.Migration):
    dependencies = [("organizations", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
