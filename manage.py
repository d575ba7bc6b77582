#!/usr/bin/env python
"""Command line of Turash: `python manage.py help` lists what it can do."""

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    # What is imported stays: to look through all of it again and again for garbage, as Python does
    # after every 700 new objects, is an eighth of the time to start.
    gc.set_threshold(10_000, 20, 100)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "turash.settings")
    execute_from_command_line(sys.argv)
