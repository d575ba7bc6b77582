"""Proposals from before there were terms: what was proposed becomes the first version."""

from django.db import migrations

FORWARD = """
UPDATE proposals_proposal
SET sender_confirmed_version = CASE WHEN sender_confirmed_at IS NOT NULL THEN 1 END,
    target_confirmed_version = CASE WHEN target_confirmed_at IS NOT NULL THEN 1 END;

UPDATE proposals_proposal proposal
SET counterpart_id =
    CASE WHEN match.output_id = proposal.resource_id THEN match.input_id ELSE match.output_id END
FROM matching_match match WHERE match.id = proposal.match_id;

INSERT INTO proposals_proposalterms
    (proposal_id, version, quantity, price_per_unit, comment, organization_id, author_id,
     offered_at)
SELECT id, 1, quantity, price_per_unit, '', from_organization_id, created_by_id, created_at
FROM proposals_proposal;

-- Nobody has seen to it until now that no more is under contract than there is.
UPDATE organizations_resourceflow flow
SET reserved_per_year = least(contracts.quantity, flow.quantity_per_year)
FROM (
    SELECT flow_id, sum(quantity)::float8 AS quantity
    FROM proposals_proposal, unnest(ARRAY[resource_id, counterpart_id]) flow_id
    WHERE status IN ('contracted', 'live') AND quantity IS NOT NULL AND flow_id IS NOT NULL
    GROUP BY flow_id
) contracts
WHERE contracts.flow_id = flow.id;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0010_stage_floats"),
        ("organizations", "0006_reserved_quantity"),
        ("proposals", "0004_terms"),
    ]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
