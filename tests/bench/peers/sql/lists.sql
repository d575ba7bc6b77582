SELECT flow_id, (best).partners, (best).scores, (best).distances
FROM (
    SELECT o.id AS flow_id, pg_temp.partners_of_output(o) AS best
    FROM bench_sql_flow o WHERE is_output OFFSET 0
) outputs
WHERE (best).partners IS NOT NULL
UNION ALL
SELECT flow_id, (best).partners, (best).scores, (best).distances
FROM (
    SELECT i.id AS flow_id, pg_temp.partners_of_input(i) AS best
    FROM bench_sql_flow i WHERE NOT is_output OFFSET 0
) inputs
WHERE (best).partners IS NOT NULL
