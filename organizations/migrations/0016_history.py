"""The history of who, where and what; and acting for an organization, held by the database."""

from django.db import migrations

from turash.history.tracking import track

FORWARD = """
CREATE OR REPLACE FUNCTION history_acting_of(actor uuid) RETURNS uuid LANGUAGE sql STABLE
AS 'SELECT id FROM organizations_acting WHERE user_id = actor AND ended_at IS NULL';

-- Who acts is staff, and no member.
CREATE FUNCTION organizations_acting_is_by_staff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM organizations_user WHERE id = NEW.user_id AND is_active AND is_staff
    ) THEN
        RAISE EXCEPTION 'Only staff act for an organization.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'organizations_acting_is_by_staff';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER organizations_acting_is_by_staff BEFORE INSERT ON organizations_acting
FOR EACH ROW EXECUTE FUNCTION organizations_acting_is_by_staff();

-- It lasts as long as the membership that gives the rights, whoever ends that.
CREATE FUNCTION organizations_acting_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE organizations_acting SET ended_at = greatest(now(), started_at)
    WHERE id = OLD.acting_id AND ended_at IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER organizations_acting_ends AFTER DELETE ON organizations_membership
FOR EACH ROW WHEN (OLD.acting_id IS NOT NULL) EXECUTE FUNCTION organizations_acting_ends();

-- Who is no longer staff acts for nobody.
CREATE FUNCTION organizations_staff_left() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM organizations_membership WHERE user_id = NEW.id AND acting_id IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER organizations_staff_left AFTER UPDATE OF is_active, is_staff ON organizations_user
FOR EACH ROW WHEN (NOT (NEW.is_active AND NEW.is_staff))
EXECUTE FUNCTION organizations_staff_left();
"""

BACKWARD = """
DROP TRIGGER organizations_staff_left ON organizations_user;
DROP FUNCTION organizations_staff_left();
DROP TRIGGER organizations_acting_ends ON organizations_membership;
DROP FUNCTION organizations_acting_ends();
DROP TRIGGER organizations_acting_is_by_staff ON organizations_acting;
DROP FUNCTION organizations_acting_is_by_staff();
CREATE OR REPLACE FUNCTION history_acting_of(actor uuid) RETURNS uuid LANGUAGE sql STABLE
AS 'SELECT NULL::uuid';
"""

OF_IT = ["organization_id"]


class Migration(migrations.Migration):
    dependencies = [("organizations", "0015_moderation"), ("history", "0001_initial")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        track("organizations_user", hidden=["last_login"], secret=["password"]),
        track("organizations_user_groups"),
        track("organizations_user_user_permissions"),
        track("organizations_organization", organizations=["id"], hidden=["completed_exchanges"]),
        track("organizations_membership", organizations=OF_IT),
        # Contact details are shown by a way that goes on record, and by no other.
        track(
            "organizations_contact",
            key="organization_id",
            organizations=OF_IT,
            secret=["person", "email", "phone"],
        ),
        track("organizations_acting", organizations=OF_IT),
        track("organizations_site", organizations=OF_IT),
        track("organizations_conversion"),
        track("organizations_resourceflow", organizations=OF_IT),
        track("organizations_flowcontaminant"),
        track("organizations_resourcetype"),
        track("organizations_currencyrate", key="code"),
    ]
