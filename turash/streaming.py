"""Answers that are made while they are sent."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse


def streamed(request: Any, chunks: Iterator[bytes], content_type: str) -> StreamingHttpResponse:
    """Answer piece by piece, by whatever server."""
    # One that speaks ASGI would read a plain iterator to its end first.
    is_async = hasattr(request, "scope")
    body = _asynchronous(chunks) if is_async else chunks
    response = StreamingHttpResponse(body, content_type=content_type)
    # Nor is a proxy to collect it.
    response["X-Accel-Buffering"] = "no"
    return response


async def _asynchronous(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = sync_to_async(lambda: next(chunks, None))
    while (chunk := await following()) is not None:
        yield chunk
