-- What an expression would say many times; the planner puts their bodies in place of the calls.

-- Days of a set of months, by its bits.
CREATE FUNCTION pg_temp.days(months int) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT ('{days_of_months}'::float8[])[months + 1]
$$;

-- Hours of a year of 365 days that a week's hours have in these months.
CREATE FUNCTION pg_temp.hours_per_year(hours bit varying, months int) RETURNS float8
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT 8760 * (bit_count(hours) / 168::float8) * (pg_temp.days(months) / 365)
$$;

-- Integral of what is missing to full acceptance up to a gap outside the window.
CREATE FUNCTION pg_temp.deficit(gap float8, edge float8) RETURNS float8
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT CASE
        WHEN gap > edge THEN gap - edge / 2
        WHEN gap > 0 THEN gap * gap / (2 * edge)
        ELSE 0
    END
$$;

-- Mean acceptance of an output's range; null: neither side states any, -1: no match.
CREATE FUNCTION pg_temp.acceptance(
    low float8, high float8, lowest float8, highest float8, low_edge float8, high_edge float8
) RETURNS float8 IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT CASE
        WHEN low IS NULL AND high IS NULL AND lowest IS NULL AND highest IS NULL THEN NULL
        WHEN low IS NULL AND high IS NULL OR lowest IS NULL AND highest IS NULL THEN 0.5
        WHEN lowest - coalesce(high, low) > low_edge THEN -1
        WHEN coalesce(low, high) - highest > high_edge THEN -1
        WHEN coalesce(low, high) = coalesce(high, low) THEN CASE
            WHEN coalesce(low, high) < lowest THEN 1 - (lowest - coalesce(low, high)) / low_edge
            WHEN coalesce(low, high) > highest THEN 1 - (coalesce(low, high) - highest) / high_edge
            ELSE 1
        END
        ELSE least(1, greatest(0, 1 - (
            pg_temp.deficit(lowest - low, low_edge) - pg_temp.deficit(lowest - high, low_edge)
            + pg_temp.deficit(high - highest, high_edge) - pg_temp.deficit(low - highest, high_edge)
        ) / (high - low)))
    END
$$;

-- EUR per m of the smallest pipe that carries so much [MW], or of several large ones.
CREATE FUNCTION pg_temp.pipe_eur_per_m(mw float8) RETURNS float8
IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
    SELECT CASE
        WHEN mw <= 0.2 THEN 195 WHEN mw <= 0.3 THEN 206 WHEN mw <= 0.6 THEN 220
        WHEN mw <= 1.2 THEN 240 WHEN mw <= 1.9 THEN 261 WHEN mw <= 3.6 THEN 288
        WHEN mw <= 6.1 THEN 323 WHEN mw <= 9.8 THEN 357 WHEN mw <= 20 THEN 426
        WHEN mw <= 45 THEN 564 WHEN mw <= 75 THEN 701 WHEN mw <= 125 THEN 839
        WHEN mw <= 190 THEN 976 ELSE ceil(mw / 190) * 976
    END
$$;
