"""NumPy arrays to and from PostgreSQL by binary COPY; no field is ever null."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

# Signature, flags, length of the header's extension; and what comes after the last row.
HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
# Type in SQL → its field in the stream.
KINDS = {
    "boolean": "?",
    "integer": ">i4",
    "double precision": ">f8",
    "uuid": "V16",
    "hours": "V21",  # of a week, a bytea of 21 bytes
}


def row_type(fields: Iterable[tuple[str, str]]) -> np.dtype:
    """Return what a row of (name, type in SQL) looks like: each field after its length."""
    parts: list[tuple[str, str]] = [("field_count", ">i2")]
    for name, kind in fields:
        parts += [(f"_{name}_length", ">i4"), (name, KINDS[kind])]
    return np.dtype(parts)


def encode(fields: Sequence[tuple[str, str]], columns: dict[str, np.ndarray]) -> bytes:
    """Return the stream that COPY … FROM STDIN BINARY reads."""
    rows = np.empty(len(columns[fields[0][0]]), dtype=row_type(fields))
    rows["field_count"] = len(fields)
    for name, kind in fields:
        rows[f"_{name}_length"] = np.dtype(KINDS[kind]).itemsize
        rows[name] = columns[name]
    return HEADER + rows.tobytes() + TRAILER


def decode(fields: Sequence[tuple[str, str]], stream: bytes) -> np.ndarray:
    """Return the rows of what COPY … TO STDOUT BINARY has written."""
    return np.frombuffer(stream[len(HEADER) : -len(TRAILER)], dtype=row_type(fields))


def copy_out(cursor: Any, statement: str) -> bytes:
    """Return the binary COPY of a statement's rows."""
    with cursor.cursor.copy(f"COPY ({statement}) TO STDOUT BINARY") as copy:
        return b"".join(copy)


def insert(
    cursor: Any,
    table: str,
    values: dict[str, str],
    staged: dict[str, tuple[str, np.ndarray]],
) -> None:
    """
    Insert rows by a COPY to a temporary table `staged` and one statement.

    `staged` has the type and the values of its columns, `values` the SQL of each column of the
    table by those of `staged`.
    """
    fields = [(name, kind) for name, (kind, _) in staged.items()]
    columns = {name: array for name, (_, array) in staged.items()}
    definition = ", ".join(
        f"{name} {'bytea' if kind == 'hours' else kind}" for name, kind in fields
    )
    cursor.execute(f"CREATE TEMPORARY TABLE staged ({definition})")
    with cursor.cursor.copy(f"COPY staged ({', '.join(columns)}) FROM STDIN BINARY") as copy:
        copy.write(encode(fields, columns))
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} FROM staged"
    )
    cursor.execute("DROP TABLE staged")
