-- The best partners of one flow: an output is `o` and an input `i`, whichever of them is asked about
-- ({own}) or looked for ({partner}). What a step names, later ones use; OFFSET 0 keeps the planner from
-- computing it anew at each place. It is a function because a lateral subquery is not done in parallel.
CREATE FUNCTION pg_temp.partners_of_{side}(
    {own} bench_sql_flow, OUT partners uuid[], OUT scores float8[], OUT distances float8[]
) STABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT
        array_agg(id ORDER BY score DESC, metres, id),
        array_agg(score ORDER BY score DESC, metres, id),
        array_agg(metres ORDER BY score DESC, metres, id)
    FROM (
        SELECT {partner}.id, score, metres
        FROM unnest({own}.partner_types) wanted (type_id)
        CROSS JOIN LATERAL (
            SELECT * FROM bench_sql_flow near
            WHERE near.type_id = wanted.type_id
            AND {partner_is}
            AND near.organization_id <> {own}.organization_id
            AND near.valid_from <= {own}.valid_to AND {own}.valid_from <= near.valid_to
            AND {bears_hazard}
            AND ST_DWithin(near.location, {own}.location, {own}.search_m)
            OFFSET 0
        ) {partner}
        -- Shared time, and the quantity in it.
        CROSS JOIN LATERAL (
            SELECT pg_temp.hours_per_year(o.hours & i.hours, o.months & i.months) AS h OFFSET 0
        ) shared
        CROSS JOIN LATERAL (
            SELECT h / o.hours_per_year AS of_output, h / i.hours_per_year AS of_input
            OFFSET 0
        ) share
        CROSS JOIN LATERAL (
            SELECT least(o.quantity * of_output, i.quantity * of_input) AS q OFFSET 0
        ) exchanged
        -- Distance.
        CROSS JOIN LATERAL (
            SELECT ST_Distance(o.location, i.location) AS metres,
                least(o.reach_m, i.reach_m) AS limit_m
            WHERE q > 0
            AND q >= greatest(o.lot, i.lot) * (1 - 1e-9)
            OFFSET 0
        ) way
        -- Quality.
        CROSS JOIN LATERAL (
            SELECT
                CASE o.rule
                    WHEN 'at_least' THEN pg_temp.acceptance(
                        o.temperature_min - 0.5 * metres / 1000,
                        o.temperature_max - 0.5 * metres / 1000, i.temperature_min, NULL, 10, 10)
                    WHEN 'at_most' THEN pg_temp.acceptance(
                        o.temperature_min + 0.5 * metres / 1000,
                        o.temperature_max + 0.5 * metres / 1000, NULL, i.temperature_max, 10, 10)
                    ELSE pg_temp.acceptance(
                        o.temperature_min, o.temperature_max, i.temperature_min, i.temperature_max,
                        10, 10)
                END AS temperature,
                pg_temp.acceptance(
                    o.pressure_min, o.pressure_max, i.pressure_min, i.pressure_max,
                    0.2 * i.pressure_min, 0.2 * i.pressure_max) AS pressure,
                pg_temp.acceptance(
                    o.purity_min, o.purity_max, i.purity_min, i.purity_max, 5, 5) AS purity,
                pg_temp.acceptance(
                    o.moisture_min, o.moisture_max, i.moisture_min, i.moisture_max, 5, 5)
                    AS moisture,
                pg_temp.acceptance(o.ph_min, o.ph_max, i.ph_min, i.ph_max, 0.5, 0.5) AS ph
            WHERE metres <= limit_m
            OFFSET 0
        ) dimension
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN bool_or(held > accepted) THEN -1
                ELSE avg(CASE WHEN held IS NULL THEN 0.5 ELSE 1 END)
            END::float8 AS contaminants
            FROM unnest(i.substances, i.contents) stated (substance, accepted)
            CROSS JOIN LATERAL (
                SELECT o.contents[array_position(o.substances, substance)] AS held
            ) there
        ) contamination
        CROSS JOIN LATERAL (
            SELECT coalesce(
                (coalesce(temperature, 0) + coalesce(pressure, 0) + coalesce(purity, 0)
                    + coalesce(moisture, 0) + coalesce(ph, 0) + coalesce(contaminants, 0))
                / nullif(num_nonnulls(temperature, pressure, purity, moisture, ph, contaminants), 0),
                0.5) AS quality
            WHERE least(temperature, pressure, purity, moisture, ph, contaminants, 1) >= 0
            OFFSET 0
        ) qualities
        -- Economics.
        CROSS JOIN LATERAL (
            SELECT CASE
                WHEN o.methods & i.methods >> o.transport & 1 = 1 THEN o.transport
                WHEN o.methods & i.methods & 1 > 0 AND o.megawatts IS NOT NULL THEN 0
                WHEN o.methods & i.methods & 8 > 0 AND o.transport = 3 THEN 3
                WHEN o.methods & i.methods & 4 > 0 AND o.tonnes IS NOT NULL THEN 2
                WHEN o.methods & i.methods & 2 > 0 AND o.tonnes IS NOT NULL THEN 1
                WHEN o.methods & i.methods & 16 > 0 AND o.tonnes IS NOT NULL THEN 4
                ELSE o.transport
            END AS mode,
            q / h * o.megawatts AS mw,
            coalesce(i.cost, o.price) AS paid
            OFFSET 0
        ) transport
        CROSS JOIN LATERAL (
            SELECT
                CASE WHEN mode = 0 AND mw IS NOT NULL THEN
                    pg_temp.pipe_eur_per_m(mw) * metres
                    + CASE WHEN o.rule = 'window' THEN 0
                        ELSE (15000 + CASE WHEN mw < 1 THEN 265000 ELSE 100000 END) * mw END
                ELSE 0 END AS investment,
                CASE
                    WHEN mode = 0 AND mw IS NOT NULL THEN 0
                    WHEN mode = 3 THEN q * 20
                    ELSE q * coalesce(o.tonnes, 0) * metres / 1000 * 1.3
                        * CASE mode WHEN 2 THEN 0.05 ELSE 0.12 END
                END AS running,
                q * coalesce(paid, 0) + q * coalesce(o.cost, 0) AS gross
            OFFSET 0
        ) money
        -- Scores.
        CROSS JOIN LATERAL (
            SELECT
                (of_output + of_input) / 2 AS overlap,
                CASE
                    WHEN paid IS NULL AND o.cost IS NULL THEN 0.5
                    WHEN gross <= 0 THEN 0
                    ELSE least(1, greatest(0,
                        (gross - running - investment * 0.01 - investment * {annuity}) / gross))
                END AS economic,
                CASE WHEN NOT o.hazardous THEN 1 WHEN i.permit THEN 0.7 ELSE 0.3 END::float8
                * CASE
                    WHEN o.country <> i.country THEN CASE WHEN o.hazardous THEN 0.5 ELSE 0.7 END
                    ELSE 1
                END AS regulatory,
                (o.exchanges + i.exchanges)::float8 AS done
            OFFSET 0
        ) factor
        CROSS JOIN LATERAL (
            SELECT 0.20 * quality
                + 0.15 * (overlap
                    + (1 - overlap) * least(1, greatest(o.storage_days, i.storage_days) / 7))
                + 0.15 * q / greatest(o.quantity, i.quantity)
                + 0.20 * economic
                + 0.10 * (1 - metres / limit_m)
                + 0.10 * (o.trust + i.trust + 0.2 * (done / (done + 3)))
                + 0.10 * regulatory AS score
            OFFSET 0
        ) total
        ORDER BY score DESC, metres, id LIMIT 20
    ) best
$$;
