"""The least that a websocket server can be: says one text to everybody when somebody asks."""

import asyncio
import base64
import hashlib
import resource
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Connection(asyncio.Protocol):
    everybody: set[asyncio.Transport] = set()
    payload = b"x" * 330

    def connection_made(self, transport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if data == b"go":
            length = len(self.payload).to_bytes(2, "big")
            for transport in self.everybody:
                transport.write(b"\x81\x7e" + length + self.payload)
        elif b"\r\n\r\n" in data:
            key = next(
                line.split(b": ")[1] for line in data.split(b"\r\n") if b"WebSocket-Key" in line
            )
            accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            self.everybody.add(self.transport)

    def connection_lost(self, error) -> None:
        self.everybody.discard(self.transport)


async def serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(
        Connection, "127.0.0.1", port, backlog=1024
    )
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(serve(int(sys.argv[1])))
