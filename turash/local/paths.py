"""Where the private services keep their data and sockets."""

import hashlib
import os
import pwd
import re
import stat
import tempfile
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent
LOCAL_DIR = BASE_DIR / ".local"
# What set-up makes of open data: land and borders in vector tiles, and the places of the world.
LAND = LOCAL_DIR / "land.mbtiles"
PLACES = LOCAL_DIR / "places.sqlite3"
# PostgreSQL refuses to run as root; Debian's package brings this user.
POSTGRES_USER = "postgres"
# sockaddr_un holds 107 bytes; the name of a socket needs up to 25 of them.
LONGEST_SOCKET_DIRECTORY = 80
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


class UnsafeDirectory(RuntimeError):
    """A directory that must be private belongs to somebody else."""


def server_user() -> pwd.struct_passwd | None:
    """Return the user to whom PostgreSQL must drop, or None where it runs as ourselves."""
    return pwd.getpwnam(POSTGRES_USER) if os.geteuid() == 0 else None


def _instance() -> str:
    """A short name of this checkout, for directories outside of it."""
    return hashlib.sha256(os.fsencode(BASE_DIR)).hexdigest()[:12]


def _is_open_to_others(directory: Path) -> bool:
    """Whether any user can walk through to the directory."""
    return all(
        ancestor.stat().st_mode & stat.S_IXOTH for ancestor in [directory, *directory.parents]
    )


def postgres_directory() -> Path:
    """
    Return the directory of the cluster: under `.local/`, unless PostgreSQL's user cannot get there.

    That is so for a checkout in root's home; the cluster then lies under /var/lib.
    """
    if server_user() is not None:
        LOCAL_DIR.mkdir(exist_ok=True)
        if not _is_open_to_others(LOCAL_DIR):
            return Path(f"/var/lib/turash-{_instance()}")
    return LOCAL_DIR / "postgres"


def socket_directory() -> Path:
    """
    Return the directory of the sockets: under `.local/` where its path is short and plain.

    :raises UnsafeDirectory: somebody else has made the directory that would be used instead.
    """
    directory = postgres_directory().parent / "run"
    path = os.fspath(directory)
    if postgres_directory().parent != LOCAL_DIR:
        directory = postgres_directory() / "run"
    elif len(os.fsencode(path)) > LONGEST_SOCKET_DIRECTORY or not _PLAIN_PATH.fullmatch(path):
        directory = Path(tempfile.gettempdir()) / f"turash-{os.geteuid()}-{_instance()}"
    return directory


def make_private(directory: Path) -> Path:
    """
    Make sure that the directory exists and that only the server's user and we can enter it.

    :raises UnsafeDirectory: it exists and belongs to somebody else.
    """
    user = server_user()
    owner = user.pw_uid if user else os.geteuid()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
        raise UnsafeDirectory(f"{directory} belongs to somebody else. Remove it and try again.")
    if user:
        os.chown(directory, user.pw_uid, user.pw_gid)
    directory.chmod(0o700)
    return directory
