"""A mail server on a free port of this machine: takes e-mails, or answers as a test says."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage


class SmtpServer(socketserver.ThreadingTCPServer):
    """
    Speaks as much of SMTP (RFC 5321) as a client needs.

    `answers`: by command ("RCPT", "DATA", "." at the end of the text) what is said instead of yes;
    an empty answer hangs up.
    """

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers: dict[str, str] = {}
        self.received: list[EmailMessage] = []

    @property
    def port(self) -> int:
        return self.server_address[1]


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 ready")
        for line in self.rfile:
            command = line.split()[0].decode().upper() if line.strip() else ""
            if not self._answer(command):
                return

    def _answer(self, command: str) -> bool:
        """Return whether the conversation goes on."""
        told = self.server.answers.get(command)
        if told is not None:
            return self._say(told)
        if command == "QUIT":
            self._say("221 bye")
            return False
        if command == "DATA":
            self._say("354 go on")
            text = self._read_text()
            told = self.server.answers.get(".")
            if told is None or not told:
                # Kept before the answer, which may never come.
                self.server.received.append(message_from_bytes(text, policy=policy.default))
            return self._say("250 taken" if told is None else told)
        return self._say("250 fine")

    def _read_text(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line.rstrip(b"\r\n") == b".":
                break
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, line: str) -> bool:
        if line:
            self.wfile.write(f"{line}\r\n".encode())
        return bool(line)


@contextmanager
def smtp_server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
