"""The history of negotiations; terms follow when their organization is merged into another."""

from django.db import migrations

from turash.history.tracking import track

# As before, but for the organization while two are merged.
FORWARD = """
CREATE OR REPLACE FUNCTION proposals_terms_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('turash.merging', true) = 'on'
       AND to_jsonb(OLD) - 'organization_id' = to_jsonb(NEW) - 'organization_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Terms are not changed; the next version answers them.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'proposals_proposalterms_stay';
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION proposals_terms_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Terms are not changed; the next version answers them.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'proposals_proposalterms_stay';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("proposals", "0009_forget_matches"), ("organizations", "0016_history")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        track(
            "proposals_proposal",
            organizations=["from_organization_id", "to_organization_id"],
        ),
        track("proposals_proposaltransition", organizations=["organization_id"]),
        track("proposals_proposalterms", organizations=["organization_id"]),
        track("proposals_proposalmessage", organizations=["organization_id"]),
        track("proposals_attachment", hidden=["secret_name"]),
    ]
