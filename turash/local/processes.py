"""Starting servers in the background, and stopping them by their process id."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from turash.local.paths import LOCAL_DIR


class ServiceFailed(RuntimeError):
    """A server did not start or stop; the message ends with what its log says."""


def log_file(name: str) -> Path:
    """Return the log of a server."""
    directory = LOCAL_DIR / "log"
    directory.mkdir(parents=True, exist_ok=True)
    return directory / f"{name}.log"


def start(
    name: str, command: Sequence[str | Path], *, user: pwd.struct_passwd | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that a Ctrl-C here does not reach it."""
    with log_file(name).open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # We may stand in a directory that the server's user cannot enter.
            cwd="/",
            umask=0o077,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
        )


def wait_until(
    name: str,
    is_ready: Callable[[], bool],
    process: subprocess.Popen[bytes] | None = None,
    *,
    seconds: float = 60,
) -> None:
    """
    Wait for a server.

    :raises ServiceFailed: the process has ended, or the time is over.
    """
    deadline = time.monotonic() + seconds
    while not is_ready():
        if process is not None and process.poll() is not None:
            raise ServiceFailed(f"{name} ended with {process.returncode}.\n{tail(name)}")
        if time.monotonic() > deadline:
            raise ServiceFailed(f"{name} was not ready after {seconds:.0f} s.\n{tail(name)}")
        time.sleep(0.05)


def stop(name: str, pid: int, *, signal_number: int = signal.SIGTERM, seconds: float = 30) -> None:
    """Ask a server to stop, and end it when it has not after some time."""
    for number, limit in ((signal_number, seconds), (signal.SIGKILL, 5)):
        if not is_alive(pid):
            break
        os.kill(pid, number)
        deadline = time.monotonic() + limit
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
    if is_alive(pid):
        raise ServiceFailed(f"{name} (process {pid}) does not stop.")
    try:
        # Its parent, if that is us, lets go of the last trace.
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass


def stop_group(name: str, child: subprocess.Popen[bytes], *, seconds: float = 15) -> None:
    """Ask a child that leads its own process group to stop; end the whole group if it does not."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            with log_file(name).open("a") as log:
                log.write(f"Killed: did not stop within {seconds:.0f} s.\n")
    try:
        # Also those that outlived their leader.
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but was not waited for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def name_of(pid: int) -> str:
    """Return the name of the program that a process runs."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def tail(name: str, lines: int = 15) -> str:
    """Return the last lines of a server's log."""
    path = log_file(name)
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
