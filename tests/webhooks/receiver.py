"""A receiver of webhooks on loopback: keeps what arrives, and answers as a test says."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Arrived:
    path: str
    headers: dict[str, str]
    body: bytes
    address: str

    @property
    def message(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answer` is called with each request, and returns status, headers and body."""

    port: int
    arrived: list[Arrived] = field(default_factory=list)
    answer: Callable[[Arrived], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def answers(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.answer = lambda _: (status, headers, body)


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        one = Arrived(self.path, headers, body, self.server.server_address[0])
        self.receiver.arrived.append(one)
        status, extra, text = self.receiver.answer(one)
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        try:
            self.wfile.write(text)
        except ConnectionError:
            # More than anybody wants to read.
            pass

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            # A client that does not like the certificate.
            pass

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def receiver(
    address: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer((address, port), handler) as server:
        if tls is not None:
            # The handshake belongs to the thread of the connection.
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        handler.receiver = Receiver(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield handler.receiver
        finally:
            server.shutdown()
            thread.join()
