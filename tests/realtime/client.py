"""A websocket client that can be told not to read, small enough for thousands of them."""

import asyncio
import base64
import os
import socket
import struct
from collections.abc import Callable
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
NO_CLOSE_FRAME = 1006


class Client(asyncio.Protocol):
    """Hands over each text; `opened` and `closed` (with the code) tell how the connection fares."""

    def __init__(self, request: bytes, on_text: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[int] = loop.create_future()
        self._request = request
        self._on_text = on_text
        self._received = b""

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self.opened.done():
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self.opened.set_exception(ConnectionError(head.decode()))
                self.transport.close()
                return
            self._received = rest
            self.opened.set_result(None)
        while frame := self._frame():
            self._handle(*frame)

    def connection_lost(self, error) -> None:
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionError("The handshake was not answered."))
        if not self.closed.done():
            self.closed.set_result(NO_CLOSE_FRAME)

    def _frame(self) -> tuple[int, bytes] | None:
        """Take a frame from what has been received; servers neither mask nor, ours, fragment."""
        data = self._received
        if len(data) < 2:
            return None
        length, start = data[1], 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(data[2:start], "big")
        if len(data) < start + length or len(data) < start:
            return None
        self._received = data[start + length :]
        return data[0] & 15, data[start : start + length]

    def _handle(self, kind: int, payload: bytes) -> None:
        if kind == TEXT:
            self._on_text(payload)
        elif kind == PING:
            self._send(PONG, payload)
        elif kind == CLOSE:
            if not self.closed.done():
                self.closed.set_result(struct.unpack("!H", payload[:2])[0])
            self._send(CLOSE, payload[:2])
            self.transport.close()

    def _send(self, kind: int, payload: bytes) -> None:
        # A mask of zeros leaves the payload as it is.
        self.transport.write(bytes([0x80 | kind, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)


async def connect(
    url: str,
    on_text: Callable[[bytes], None],
    *,
    token: str = "",
    receive_buffer: int | None = None,
    bind: str | None = None,
) -> Client:
    """
    Open a websocket; `receive_buffer` bounds what the kernel takes for a client that does not read.

    One address has ports for some 28,000 connections; `bind` takes another one of loopback.
    """
    parts = urlsplit(url)
    lines = [
        f"GET {parts.path}?{parts.query} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
    ]
    if token:
        lines.append(f"Authorization: Token {token}")
    request = "\r\n".join([*lines, "", ""]).encode()
    loop = asyncio.get_running_loop()
    endpoint = socket.socket()
    endpoint.setblocking(False)
    if receive_buffer:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if bind:
        endpoint.bind((bind, 0))
    await loop.sock_connect(endpoint, (parts.hostname, parts.port))
    _, client = await loop.create_connection(lambda: Client(request, on_text), sock=endpoint)
    await client.opened
    return client
