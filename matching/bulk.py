"""Matching everything at once: load, score over a grid, keep the best, swap in."""

from collections.abc import Callable, Iterator

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from matching import loading, store
from matching.engine.arrays import COLUMNS
from matching.engine.best import NOBODY, best_of_many, grid_of, score_pairs
from matching.engine.geodesy import LEAST_RADIUS_M
from matching.engine.parameters import BEST_PER_FLOW, DEFAULT_WEIGHTS
from matching.engine.scoring import add_internal_rates_of_return
from organizations.ids import new_id

Progress = Callable[[int, int], None]
# Flows between two reports of progress.
CHUNK = 5_000
PAIRS_PER_CHUNK = 100_000


def rematch_all(report: Progress) -> tuple[int, int]:
    """
    Recompute every match and swap the result in; returns (found, lost).

    `report(done, total)` counts flows. Flows that change meanwhile are matched again after the
    run, because their rematch waits for the lock.
    """
    with store.matches_locked():
        return _rematch_all(report)


def _rematch_all(report: Progress) -> tuple[int, int]:
    types = loading.load_types()
    outputs_and_contents = loading.load_flows(types, is_output=True)
    inputs_and_contents = loading.load_flows(types, is_output=False)
    contaminants = loading.join_contaminants(outputs_and_contents, inputs_and_contents)
    outputs, inputs = outputs_and_contents[0], inputs_and_contents[0]
    total = len(outputs) + len(inputs)
    done = 0
    report(done, total)
    ranks = {}
    for side, flows, others in (("output", outputs, inputs), ("input", inputs, outputs)):
        is_output = side == "output"
        best = np.empty((len(flows), BEST_PER_FLOW), dtype=np.int64)
        for start, stop, partners in _best_in_chunks(flows, others, types, contaminants, is_output):
            best[start:stop] = partners
            done += stop - start
            report(done, total)
        ranks[side] = best
    pairs, pair_ranks = _join(ranks["output"], ranks["input"])
    with transaction.atomic(), connection.cursor() as cursor:
        _create_staging(cursor)
        for start in range(0, len(pairs), PAIRS_PER_CHUNK):
            chunk = slice(start, start + PAIRS_PER_CHUNK)
            results = score_pairs(
                outputs.array, inputs.array, pairs[chunk], types.array, contaminants,
                DEFAULT_WEIGHTS,
            )  # fmt: skip
            add_internal_rates_of_return(results)
            _copy(cursor, outputs, inputs, pairs[chunk], pair_ranks[chunk], results)
        found, lost = _swap(cursor)
        cursor.execute("DROP TABLE matching_staging")
    return found, lost


def _best_in_chunks(
    flows: loading.FlowTable,
    others: loading.FlowTable,
    types: loading.TypeTable,
    contaminants: np.ndarray,
    is_output: bool,  # noqa: FBT001
) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yield (start, stop, best partners of flows[start:stop])."""
    if not len(flows):
        return
    reaches_m = np.minimum(flows.array["reach_m"], _farthest_of_types(flows, types, is_output))
    # Bands about half as high as the reach waste the least of what they hold.
    typical_m = float(np.quantile(reaches_m, 0.75))
    band_degrees = float(np.clip(np.degrees(typical_m / 2 / LEAST_RADIUS_M), 0.02, 10.0))
    order, band_starts = grid_of(others.array, band_degrees)
    for start in range(0, len(flows), CHUNK):
        stop = min(start + CHUNK, len(flows))
        yield start, stop, best_of_many(
            flows.array, is_output, others.array, order, band_starts, band_degrees, reaches_m,
            types.array, contaminants, DEFAULT_WEIGHTS, BEST_PER_FLOW, start, stop,
        )  # fmt: skip


def _farthest_of_types(
    flows: loading.FlowTable,
    types: loading.TypeTable,
    is_output: bool,  # noqa: FBT001
) -> np.ndarray:
    """Return for each flow how far its type lets partners be [m]."""
    by_type = np.array([types.reach_m(key, is_output=is_output) for key in types.keys])
    return by_type[flows.array["type"]]


def _join(best_of_outputs: np.ndarray, best_of_inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Join the lists of both sides.

    Returns pairs (output index, input index), and their (output rank, input rank); rank 0: not in
    that list.
    """
    ranks: dict[tuple[int, int], list[int]] = {}
    for column, best in ((0, best_of_outputs), (1, best_of_inputs)):
        flow, place = np.nonzero(best != NOBODY)
        partner = best[flow, place]
        pairs = (flow, partner) if column == 0 else (partner, flow)
        for output, input_, rank in zip(*(p.tolist() for p in pairs), place.tolist(), strict=True):
            ranks.setdefault((output, input_), [0, 0])[column] = rank + 1
    return (
        np.array(list(ranks), dtype=np.int64).reshape(-1, 2),
        np.array(list(ranks.values()), dtype=np.int64).reshape(-1, 2),
    )


_COPIED = ("id", "output_id", "input_id", "output_rank", "input_rank", "found_at", "updated_at",
           *COLUMNS)  # fmt: skip


def _create_staging(cursor) -> None:
    cursor.execute("CREATE TEMPORARY TABLE matching_staging (LIKE matching_match) ON COMMIT DROP")


def _copy(
    cursor,
    outputs: loading.FlowTable,
    inputs: loading.FlowTable,
    pairs: np.ndarray,
    ranks: np.ndarray,
    results: np.ndarray,
) -> None:
    """Write pairs with their values to the staging table."""
    now = timezone.now()
    with cursor.cursor.copy(f"COPY matching_staging ({', '.join(_COPIED)}) FROM STDIN") as copy:
        for (output, input_), (output_rank, input_rank), result in zip(
            pairs.tolist(), ranks.tolist(), results, strict=True
        ):
            values = store.values_of(result)
            copy.write_row(
                (
                    new_id(),
                    outputs.ids[output],
                    inputs.ids[input_],
                    output_rank or None,
                    input_rank or None,
                    now,
                    now,
                    *(values[name] for name in COLUMNS),
                )
            )


def _swap(cursor) -> tuple[int, int]:
    """
    Make the staged pairs the matches: rows of pairs that stay keep their id, unchanged rows rest.

    Returns (found, lost).
    """
    changing = ("output_rank", "input_rank", *COLUMNS)
    cursor.execute("CREATE INDEX ON matching_staging (output_id, input_id)")
    cursor.execute("ANALYZE matching_staging")
    cursor.execute(
        """DELETE FROM matching_match m WHERE NOT EXISTS (
            SELECT FROM matching_staging s
            WHERE s.output_id = m.output_id AND s.input_id = m.input_id)"""
    )
    lost = cursor.rowcount
    cursor.execute(
        f"""UPDATE matching_match m
        SET updated_at = s.updated_at, {", ".join(f"{name} = s.{name}" for name in changing)}
        FROM matching_staging s
        WHERE s.output_id = m.output_id AND s.input_id = m.input_id
        AND ({", ".join(f"s.{name}" for name in changing)})
            IS DISTINCT FROM ({", ".join(f"m.{name}" for name in changing)})"""
    )
    cursor.execute(
        f"""INSERT INTO matching_match ({", ".join(_COPIED)})
        SELECT {", ".join(f"s.{name}" for name in _COPIED)} FROM matching_staging s
        WHERE NOT EXISTS (SELECT FROM matching_match m
            WHERE m.output_id = s.output_id AND m.input_id = s.input_id)"""
    )
    return cursor.rowcount, lost
