"""
One POST to a machine that was looked at first, with a bound on its time and on what is read.

No redirect is followed and no proxy is used, whatever the environment says.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore

from webhooks.addresses import Resolver, machines_of

# From looking up the name to the last byte that is read.
TOTAL_S = 15.0
CONNECT_S = 5.0
# Machines of a name that are tried, one after the other.
MOST_MACHINES = 3
# Of the answer no more is read than is kept.
EXCERPT_BYTES = 1000


@dataclass(frozen=True)
class Answer:
    """What came back (`status_code`, the beginning of the body), or why nothing did (`error`)."""

    status_code: int | None
    excerpt: str
    error: str
    duration_ms: float

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def post(
    url: str,
    headers: dict[str, str],
    body: str,
    *,
    total_s: float = TOTAL_S,
    resolve: Resolver = socket.getaddrinfo,
) -> Answer:
    """Send a body, and return what was answered; never raises for what the other side does."""
    began = time.monotonic()
    status, excerpt, error = None, b"", ""
    backend = _Pinned(began + total_s, resolve)
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=_tls(), network_backend=backend, max_keepalive_connections=0
            ) as pool,
            pool.stream(
                "POST", url, headers=list(headers.items()), content=body.encode()
            ) as response,
        ):
            status = response.status
            for chunk in response.iter_stream():
                excerpt += chunk
                if len(excerpt) >= EXCERPT_BYTES:
                    break
    except (
        OSError,
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as problem:
        # Who has said yes has taken it, even if the rest of the answer never comes.
        error = f"{type(problem).__name__}: {problem}".removesuffix(": ")[:500]
    text = excerpt[:EXCERPT_BYTES].decode(errors="replace").replace("\0", "")
    return Answer(status, text, error, (time.monotonic() - began) * 1000)


class _Pinned(httpcore.NetworkBackend):
    """Connects to machines that may be reached, and to no others."""

    def __init__(self, deadline: float, resolve: Resolver) -> None:
        self._deadline = deadline
        self._resolve = resolve
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = OSError(f"{host} has no address.")
        for machine in machines_of(host, port, resolve=self._resolve)[:MOST_MACHINES]:
            seconds = min(CONNECT_S, _left(self._deadline, httpcore.ConnectTimeout))
            try:
                # By its number: nothing is looked up again.
                stream = self._network.connect_tcp(str(machine), port, timeout=seconds)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Bounded(stream, self._deadline)
        raise failure

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        raise OSError("Webhooks use no sockets of this machine.")


class _Bounded(httpcore.NetworkStream):
    """A connection that ends in time, however slowly the other side speaks."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _left(self._deadline, httpcore.ConnectTimeout)
        secure = self._stream.start_tls(ssl_context, server_hostname, seconds)
        return _Bounded(secure, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float, error: Callable[[str], Exception]) -> float:
    """
    Return how many seconds are left.

    :raises httpcore.TimeoutException: none; the one that is given.
    """
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise error("The time for an answer is over.")
    return seconds


@cache
def _tls() -> ssl.SSLContext:
    """The machine's own certificates decide whom to trust; TLS 1.2 at least."""
    return ssl.create_default_context()
