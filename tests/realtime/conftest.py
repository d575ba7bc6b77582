"""Sessions of the database end with the test that opened them."""

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.db import connections


@pytest.fixture(autouse=True)
async def _no_session_is_left() -> AsyncIterator[None]:
    """
    Close what Channels would have closed.

    Its test client switches that off while it waits, and two of them at once switch it off for
    good; the session would hold up the removal of the test database.
    """
    yield
    await sync_to_async(connections.close_all)()
