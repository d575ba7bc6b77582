"""Public identifiers."""

import os
import time
from uuid import UUID

import numpy as np
from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a time-ordered UUID (version 7), so that new rows lie together in an index."""
    return uuid7()


def new_ids(count: int) -> np.ndarray:
    """Return as many of them at once, as their 16 bytes each."""
    octets = np.frombuffer(os.urandom(16 * count), dtype=np.uint8).reshape(count, 16).copy()
    octets[:, :6] = np.frombuffer(int(time.time() * 1000).to_bytes(6, "big"), dtype=np.uint8)
    octets[:, 6] = octets[:, 6] & 0x0F | 0x70
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    return octets.view("V16").reshape(count)
