"""Turash with a tiny handler, and one that tells an organization, in place of all others."""

from turash.settings import *  # noqa: F403
from turash.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench.tiny"]
