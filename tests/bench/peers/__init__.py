"""
Independent programs that do the work of a full run with equal results: what it is compared with.

For every active flow the best 20 partners by score, nearness and id, over all pairs that match by
docs/matching.md; from PostgreSQL, and back into it. Each peer is a module with the same face: `run`
returns `Timings` and leaves its lists in a table of its own (see `lists`). `make bench-peers`, or
`python -m tests.bench.peers --help`.
"""
