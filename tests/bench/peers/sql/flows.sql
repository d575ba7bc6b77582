-- The active flows with all that scoring needs, one row each.
CREATE UNLOGGED TABLE bench_sql_flow WITH (parallel_workers = 2) AS
SELECT
    f.id,
    f.direction = 'output' AS is_output,
    f.organization_id,
    f.resource_type_id::int AS type_id,
    ARRAY(
        SELECT other.id::int FROM organizations_resourcetype other WHERE CASE f.direction
            WHEN 'output' THEN t.code = other.code OR starts_with(t.code, other.code || '.')
            ELSE other.code = t.code OR starts_with(other.code, t.code || '.')
        END
    ) AS partner_types,
    f.location,
    -- How far partners can be [m], and by its own limits.
    1000 * least(f.max_distance_km, CASE f.direction WHEN 'output' THEN t.max_distance_km ELSE (
        SELECT max(below.max_distance_km) FROM organizations_resourcetype below
        WHERE below.code = t.code OR starts_with(below.code, t.code || '.')
    ) END) AS search_m,
    1000 * least(f.max_distance_km, CASE f.direction WHEN 'output' THEN t.max_distance_km END)
        AS reach_m,
    f.quantity_per_year AS quantity,
    f.min_quantity_per_year AS lot,
    ('x' || encode(f.hours_of_week, 'hex'))::bit(168)::bit varying AS hours,
    m.months,
    pg_temp.hours_per_year(('x' || encode(f.hours_of_week, 'hex'))::bit(168), m.months)
        AS hours_per_year,
    coalesce(f.valid_from, '-infinity') AS valid_from,
    coalesce(f.valid_to, 'infinity') AS valid_to,
    f.temperature_celsius_min AS temperature_min,
    f.temperature_celsius_max AS temperature_max,
    f.pressure_bar_min AS pressure_min,
    f.pressure_bar_max AS pressure_max,
    f.purity_pct_min AS purity_min,
    f.purity_pct_max AS purity_max,
    f.moisture_pct_min AS moisture_min,
    f.moisture_pct_max AS moisture_max,
    f.ph_min,
    f.ph_max,
    x.substances,
    x.contents,
    f.hazardous,
    s.holds_hazardous_waste_permit AS permit,
    -- The flow's part of the trust score, exchanges left out.
    0.6 * CASE f.precision_level WHEN 'measured' THEN 1 WHEN 'estimated' THEN 0.7 ELSE 0.4
        END::float8 / 2 + 0.2 * (org.verified_at IS NOT NULL)::int::float8 / 2 AS trust,
    org.completed_exchanges AS exchanges,
    nullif(s.country, '') AS country,
    (f.current_cost_per_unit * c.eur_per_unit)::float8 / f.unit_factor AS cost,
    CASE WHEN f.methods = '{}' THEN 31 ELSE (
        SELECT sum(1 << (array_position(ARRAY['pipe', 'truck', 'rail', 'grid', 'pickup'],
            method::text) - 1))::int FROM unnest(f.methods) method
    ) END AS methods,
    coalesce(f.storage_days, 0) AS storage_days,
    array_position(ARRAY['pipe', 'truck', 'rail', 'grid', 'pickup'], t.transport::text) - 1
        AS transport,
    t.temperature_rule AS rule,
    t.price_eur_per_unit::float8 AS price,
    t.tonnes_per_unit AS tonnes,
    t.pipe_mw_per_unit_per_hour AS megawatts
FROM organizations_resourceflow f
JOIN organizations_resourcetype t ON t.id = f.resource_type_id
JOIN organizations_site s ON s.id = f.site_id
JOIN organizations_organization org ON org.id = f.organization_id
JOIN organizations_currencyrate c ON c.code = f.currency_id
CROSS JOIN LATERAL (
    SELECT sum(1 << (month - 1))::int AS months FROM unnest(f.months) month
) m
LEFT JOIN (
    SELECT flow_id, array_agg(substance) AS substances, array_agg(mg_per_kg) AS contents
    FROM organizations_flowcontaminant GROUP BY flow_id
) x ON x.flow_id = f.id
WHERE f.status = 'active';

-- Like those that Turash has on the flows themselves.
CREATE INDEX ON bench_sql_flow USING gist (type_id, location) WHERE is_output;
CREATE INDEX ON bench_sql_flow USING gist (type_id, location) WHERE NOT is_output;

ANALYZE bench_sql_flow;
