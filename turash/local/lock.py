"""`python -m turash.local.lock`: pin the newest packages that pyproject.toml allows."""

import subprocess
import sys

# No address of an index or of this machine gets into a lock file.
COMPILE = [
    sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--upgrade", "--generate-hashes",
    "--no-emit-index-url", "--no-emit-find-links", "--no-header", "--no-annotate",
    "--python-version", "3.11",
]  # fmt: skip
LOCKS = {
    "requirements.lock": ["pyproject.toml"],
    "requirements-dev.lock": ["pyproject.toml", "--extra", "dev", "-c", "requirements.lock"],
    "requirements-setup.lock": ["-"],
    "turash/local/places/requirements.lock": ["turash/local/places/requirements.in", "--no-deps"],
}


def main() -> None:
    for lock, sources in LOCKS.items():
        subprocess.run([*COMPILE, *sources, "-o", lock], input=b"uv\n", check=True)


if __name__ == "__main__":
    main()
