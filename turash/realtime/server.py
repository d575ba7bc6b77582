"""Daphne, with what it lacks: it ends in order, and waits for clients that read slowly."""

import asyncio
import logging
import os
import signal
import socket
import time
from typing import Any
from weakref import WeakSet

from daphne import server as daphne_server
from daphne.http_protocol import WebRequest
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor
from twisted.web.http import HTTPChannel

logger = logging.getLogger(__name__)

SERVICE_RESTART = 1012
LOOK_AGAIN_S = 0.05
# A client that is told why it is dropped has this long to read it.
CLOSING_S = 5
# What the kernel holds for a websocket, before our own 64 kB fill and its sender has to wait.
SEND_BUFFER_BYTES = 64 * 1024


class Websocket(WebSocketProtocol):
    """A websocket that tells when its client does not read, and that closes with any code."""

    drained: asyncio.Future[None] | None = None

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        super().connectionMade()
        # In place of the HTTP request that has become this websocket.
        self.transport.unregisterProducer()
        self.transport.registerProducer(self, True)  # noqa: FBT003
        self.transport.getHandle().setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES
        )

    def pauseProducing(self) -> None:  # noqa: N802
        """More than Twisted's buffer size waits to be sent."""
        if self.drained is None:
            self.drained = asyncio.get_event_loop().create_future()

    def resumeProducing(self) -> None:  # noqa: N802
        """Everything has been sent."""
        if self.drained and not self.drained.done():
            self.drained.set_result(None)
        self.drained = None

    def stopProducing(self) -> None:  # noqa: N802
        """The connection is gone; whoever waits may go on."""
        self.resumeProducing()

    def dropConnection(self, abort: bool = False) -> None:  # noqa: FBT001, FBT002, N802
        # A producer that was told to pause would keep the connection from being closed.
        self.transport.unregisterProducer()
        self.resumeProducing()
        super().dropConnection(abort=abort)

    def serverClose(self, code: int | None = None) -> None:  # noqa: N802
        # `sendClose` refuses 1012 and 1013, which are a server's to say.
        self.sendCloseFrame(code=code or self.CLOSE_STATUS_CODE_NORMAL)


class Server(daphne_server.Server):
    """
    Ends in order on SIGTERM or SIGINT.

    It stops listening, closes websockets with 1012, answers the requests under way, and is forced
    to end (exit code 1) by a second signal, or when that takes longer than `stop_after` seconds.
    """

    def __init__(self, application: Any, *, stop_after: float, **options: Any) -> None:
        super().__init__(
            application, signal_handlers=False, ready_callable=self._prepare, **options
        )
        self.stop_after = stop_after
        self._force_at: float | None = None
        self._ports: list[Any] = []
        self._channels: WeakSet[HTTPChannel] = WeakSet()

    def _prepare(self) -> None:
        self.ws_factory.protocol = Websocket
        self.ws_factory.setProtocolOptions(closeHandshakeTimeout=CLOSING_S)
        for number in (signal.SIGTERM, signal.SIGINT):
            daphne_server.twisted_loop.add_signal_handler(number, self._stop_in_order)

    def listen_success(self, port: Any) -> None:
        super().listen_success(port)
        self._ports.append(port)

    def protocol_connected(self, protocol: Any) -> None:
        super().protocol_connected(protocol)
        if isinstance(protocol, WebRequest):
            # Django reads forms, and tells what is wrong with one. Twisted would read each whole
            # into memory first, and answer a bad one without a word.
            protocol._parsePOSTFormSubmission = False
            self._channels.add(protocol.channel)

    async def handle_reply(self, protocol: Any, message: dict[str, Any]) -> None:
        await super().handle_reply(protocol, message)
        if message["type"] == "websocket.send" and protocol.drained:
            # ASGI's back-pressure: the application goes on when its client has read.
            await asyncio.shield(protocol.drained)

    def _stop_in_order(self) -> None:
        if self._force_at is not None:
            self._force("A second signal")
        self._force_at = time.monotonic() + self.stop_after
        logger.info("Stopping: the requests under way are answered first.")
        for port in self._ports:
            port.stopListening()
        self._drain()

    def _drain(self) -> None:
        for protocol in list(self.connections):
            if isinstance(protocol, Websocket) and protocol.state == protocol.STATE_OPEN:
                protocol.serverClose(code=SERVICE_RESTART)
        for channel in list(self._channels):
            # What is being answered is the last on its connection; the others are idle.
            channel.persistent = False
            if not channel.requests:
                channel.loseConnection()
        if not self._is_busy():
            self.stop()
        elif time.monotonic() > self._force_at:
            self._force(f"The limit of {self.stop_after:g} s")
        else:
            reactor.callLater(LOOK_AGAIN_S, self._drain)

    def _is_busy(self) -> bool:
        """Whether an application runs, or bytes wait to be sent."""
        applications = [
            details["application_instance"]
            for details in self.connections.values()
            if "application_instance" in details
        ]
        return any(not application.done() for application in applications) or any(
            channel.transport and channel.transport.connected for channel in self._channels
        )

    def _force(self, reason: str) -> None:
        logger.error("%s ends the server while it is busy.", reason)
        logging.shutdown()
        # Threads that wait for the database would hold up any other way of ending.
        os._exit(1)

    def kill_all_applications(self) -> Any:
        # A connection without an application is a stumbling block to Daphne.
        self.connections = {
            protocol: details
            for protocol, details in self.connections.items()
            if "application_instance" in details
        }
        return super().kill_all_applications()
