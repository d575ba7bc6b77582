"""The settings, but apart from other test runs that use the same Redis at the same time."""

import os

os.environ.setdefault("REDIS_PREFIX", f"turash-{os.environ.get('PYTEST_XDIST_WORKER', 'test')}")

from turash.settings import *  # noqa: F403

# One address asks for all tests.
API_RATES = dict.fromkeys(("address", "user", "token"), "1000000/1000000")

# Threads do not see what the transaction of a test has not committed.
MATCHING_THREADS = 1

# Tests sign in often, and what they protect is worth nothing.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
