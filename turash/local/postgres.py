"""A private PostgreSQL cluster: unix socket only, made on first use."""

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg

from turash.local import paths, processes

NAME = "turash"
PORT = "5432"
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = {shared_buffers_mb}MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
synchronous_commit = {synchronous_commit}
fsync = {fsync}
full_page_writes = {fsync}
"""


def connection_settings() -> dict[str, str]:
    """Return what Django needs to connect."""
    return {"HOST": str(paths.socket_directory()), "PORT": PORT, "USER": NAME, "NAME": NAME}


def ensure_running(*, durable: bool = True) -> bool:
    """
    Create the cluster where there is none and start it where it does not run.

    `durable=False` trades safety in a power cut for speed; for tests. Takes effect at a start.
    Returns whether it was started.

    :raises ServiceFailed: PostgreSQL is not installed, or does not start.
    """
    if is_running():
        return False
    directory = paths.postgres_directory()
    sockets = paths.make_private(paths.socket_directory())
    data = directory / "data"
    if not (data / "PG_VERSION").exists():
        _create(directory, data)
    _write(
        data / "turash.conf",
        SETTINGS.format(
            sockets=sockets,
            shared_buffers_mb=_shared_buffers_mb(),
            fsync="on" if durable else "off",
            synchronous_commit="on" if durable else "off",
        ),
    )
    process = processes.start("postgres", [_binary("postgres"), "-D", data], user=_user())
    processes.wait_until("postgres", _answers, process)
    with _connect("postgres") as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {NAME}")
    return True


def stop() -> None:
    """Stop the cluster; open connections are closed, transactions under way rolled back."""
    pid = _pid()
    if pid:
        processes.stop("postgres", pid, signal_number=signal.SIGINT)


def is_running() -> bool:
    """Whether this checkout's cluster accepts connections."""
    return _pid() is not None and _answers()


def _create(directory: Path, data: Path) -> None:
    paths.make_private(directory)
    # A cluster that an interruption left half made is made anew.
    unfinished = directory / "data.unfinished"
    for leftover in (unfinished, data):
        shutil.rmtree(leftover, ignore_errors=True)
    user = _user()
    result = subprocess.run(
        [_binary("initdb"), "-D", unfinished, "-U", NAME, "-A", "trust", "-E", "UTF8",
         "--locale", "C.UTF-8"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )  # fmt: skip
    if result.returncode:
        raise processes.ServiceFailed(f"initdb failed.\n{result.stdout}{result.stderr}")
    with (unfinished / "postgresql.conf").open("a") as file:
        file.write("\ninclude 'turash.conf'\n")
    unfinished.rename(data)


def _write(path: Path, text: str) -> None:
    path.write_text(text)
    user = _user()
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)


def _shared_buffers_mb() -> int:
    """Return an eighth of the machine's memory, at most what a million flows need."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(128, min(memory // 8 // 2**20, 2048))


def _user() -> pwd.struct_passwd | None:
    return paths.server_user()


def _binary(name: str) -> str:
    """
    Return the path of a PostgreSQL program, of the newest version there is.

    :raises ServiceFailed: there is none.
    """
    versions = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0,
    )
    found = str(versions[-1]) if versions else shutil.which(name)
    if not found:
        raise processes.ServiceFailed(
            f"{name} is not installed: install PostgreSQL 15 or newer with PostGIS, "
            "or set DATABASE_URL to a server of yours."
        )
    return found


def _pid() -> int | None:
    """The running server's process id; a file that a crash left behind does not count."""
    try:
        pid = int((paths.postgres_directory() / "data" / "postmaster.pid").read_text().split()[0])
    except (FileNotFoundError, ValueError, IndexError):
        return None
    return pid if processes.is_alive(pid) and processes.name_of(pid) == "postgres" else None


def _connect(database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(paths.socket_directory()), port=PORT, user=NAME, dbname=database, autocommit=True
    )


def _answers() -> bool:
    try:
        _connect("postgres").close()
    except psycopg.OperationalError:
        return False
    return True
