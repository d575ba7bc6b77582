"""The database lets a proposal take only the steps there are, and no terms change."""

from django.db import migrations, models

# As in proposals/states.py when this was written; a test compares them.
FORWARD = """
CREATE FUNCTION proposals_step_exists() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.status, NEW.status) NOT IN (
        ('pending', 'accepted'), ('pending', 'rejected'), ('pending', 'withdrawn'),
        ('pending', 'expired'),
        ('accepted', 'negotiating'), ('accepted', 'failed'),
        ('negotiating', 'contracted'), ('negotiating', 'failed'),
        ('contracted', 'live'), ('contracted', 'failed'),
        ('live', 'completed'), ('live', 'failed')
    ) THEN
        RAISE EXCEPTION 'A proposal does not go from % to %.', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'proposals_proposal_step_exists';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER proposals_step_exists BEFORE UPDATE OF status ON proposals_proposal
FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status)
EXECUTE FUNCTION proposals_step_exists();

CREATE FUNCTION proposals_terms_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Terms are not changed; the next version answers them.'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'proposals_proposalterms_stay';
END $$;

-- The author is left out: people go, and their terms stay.
CREATE TRIGGER proposals_terms_stay BEFORE UPDATE OF
    proposal_id, version, quantity, price_per_unit, start_date, duration_months,
    connection_recipient_pct, comment, organization_id, offered_at
ON proposals_proposalterms FOR EACH ROW EXECUTE FUNCTION proposals_terms_stay();
"""

BACKWARD = """
DROP TRIGGER proposals_terms_stay ON proposals_proposalterms;
DROP FUNCTION proposals_terms_stay();
DROP TRIGGER proposals_step_exists ON proposals_proposal;
DROP FUNCTION proposals_step_exists();
"""


class Migration(migrations.Migration):
    dependencies = [("proposals", "0005_first_terms")]

    operations = [
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ("contracted", "live", "completed")), _negated=True),
                    models.Q(
                        ("sender_confirmed_version", models.F("terms_version")),
                        ("sender_confirmed_version__isnull", False),
                        ("target_confirmed_version", models.F("terms_version")),
                        ("target_confirmed_version__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="proposals_proposal_both_confirmed_the_same_terms",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
