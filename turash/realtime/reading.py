"""A thread for reads of the event loop, which keeps its database connection."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, connection, connections

Params = ParamSpec("Params")
Result = TypeVar("Result")


class ReadingThread:
    """
    Runs queries one after the other.

    Channels' own `database_sync_to_async` opens a connection for each call, which costs fifty times
    what the query does.
    """

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(
        self, function: Callable[Params, Result], *args: Params.args, **kwargs: Params.kwargs
    ) -> Result:
        def call() -> Result:
            try:
                return function(*args, **kwargs)
            except DatabaseError:
                # It may be broken, as after a restart of the database; the next call opens another.
                connection.close()
                raise

        return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    async def reconnect(self) -> None:
        """Have the next query use a new connection."""
        await asyncio.get_running_loop().run_in_executor(self._executor, connections.close_all)

    async def close(self) -> None:
        await self.reconnect()
        self._executor.shutdown(wait=False)
