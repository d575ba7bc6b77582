"""The secret key of an installation that was given none."""

import os
import secrets
from pathlib import Path


def local_secret_key(directory: Path) -> str:
    """Return the key kept in `directory`, made at random on first use, readable by its owner."""
    path = directory / "secret_key"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        draft = directory / f"secret_key.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            # Complete or not there at all, and the first of two processes wins.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()
