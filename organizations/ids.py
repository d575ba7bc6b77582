"""Public identifiers."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a time-ordered UUID (version 7), so that new rows lie together in an index."""
    return uuid7()
