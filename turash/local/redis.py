"""A private Redis for cache, limits and streams: unix socket only, nothing kept on disk."""

import shutil
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from turash.local import paths, processes


def redis_url() -> str:
    """Return the address that clients connect to."""
    return f"unix://{_socket()}"


def ensure_running() -> bool:
    """
    Start the server where it does not run; returns whether it was started.

    :raises ServiceFailed: Redis is not installed, or does not start.
    """
    if is_running():
        return False
    program = shutil.which("redis-server")
    if not program:
        raise processes.ServiceFailed(
            "redis-server is not installed: install Redis 6 or newer, "
            "or set REDIS_URL to a server of yours."
        )
    paths.make_private(paths.socket_directory())
    process = processes.start(
        "redis",
        [program, "--port", "0", "--unixsocket", str(_socket()), "--unixsocketperm", "700",
         "--save", "", "--appendonly", "no", "--maxmemory", "256mb", "--pidfile", "",
         "--dir", str(paths.socket_directory())],
    )  # fmt: skip
    processes.wait_until("redis", is_running, process)
    return True


def stop() -> None:
    """Stop the server."""
    if is_running():
        pid = _client().info("server")["process_id"]
        processes.stop("redis", pid)


def is_running() -> bool:
    """Whether this checkout's server answers."""
    try:
        return bool(_client().ping())
    except redis.exceptions.ConnectionError:
        return False


def _client() -> redis.Redis:
    # "Is it there?" wants an answer at once, not after retries.
    once = Retry(NoBackoff(), 0)
    return redis.Redis(unix_socket_path=str(_socket()), socket_timeout=5, retry=once)


def _socket() -> Path:
    return paths.socket_directory() / "redis.sock"
