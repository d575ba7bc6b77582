"""The settings, but apart from other test runs that use the same Redis at the same time."""

import os
import sys

os.environ.setdefault("REDIS_PREFIX", f"turash-{os.environ.get('PYTEST_XDIST_WORKER', 'test')}")

from turash.settings import *  # noqa: F403
from turash.settings import DATABASES, MIDDLEWARE

DATABASES["default"]["ENGINE"] = "tests.postgis"

# One address asks for all tests.
API_RATES = dict.fromkeys(("address", "user", "token"), "1000000/1000000")

# Servers serve files; a test's client would look for all of them each time, and find some gone
# while another test collects them.
if "pytest" in sys.modules:
    MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]

# Threads do not see what the transaction of a test has not committed.
MATCHING_THREADS = 1

# Tests sign in often, and what they protect is worth nothing.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
