"""NumPy arrays as parameters of SQL statements."""

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import psycopg
from django.db import connection
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.pq import Format

# PostgreSQL's object ids of the elements, by the kind of NumPy's, and how those go over the wire.
_KINDS = {"f": (701, ">f8"), "i": (20, ">i8"), "V": (2950, "V16")}


class _ArrayDumper(Dumper):
    """Writes an array of floats, integers or the octets of UUIDs; the statement names its type."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: np.ndarray) -> bytes:
        oid, kind = _KINDS[obj.dtype.kind]
        elements = np.empty(len(obj), dtype=[("length", ">i4"), ("value", kind)])
        elements["length"], elements["value"] = elements.dtype["value"].itemsize, obj
        # One dimension, no nulls; its length and first index.
        head = struct.pack(">iiIii", 1, 0, oid, len(obj), 1)
        return head + elements.tobytes()


def fetch(statement: str, parameters: Sequence[Any]) -> list[tuple]:
    """
    Run a statement with arrays of any length among its parameters, each cast to its type.

    Past Django's cursors, which spell out each element: that takes longer than the statement.
    """
    with _cursor() as cursor:
        return cursor.execute(statement, parameters).fetchall()


def execute(statement: str, parameters: Sequence[Any]) -> None:
    """Do the same with a statement that returns nothing."""
    with _cursor() as cursor:
        cursor.execute(statement, parameters)


def _cursor() -> psycopg.Cursor:
    connection.ensure_connection()
    raw: AdaptContext = connection.connection
    cursor: psycopg.Cursor = psycopg.Cursor(raw)  # type: ignore[call-overload]
    cursor.adapters.register_dumper(np.ndarray, _ArrayDumper)
    return cursor
