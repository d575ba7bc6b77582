"""django-q2 as it comes, but for two workers: the baseline."""

from turash.settings import *  # noqa: F403
from turash.settings import INSTALLED_APPS

# Its own command `qcluster`, not ours.
INSTALLED_APPS = ["django_q", *(app for app in INSTALLED_APPS if app != "django_q")]
Q_CLUSTER = {
    # The same name, with which tasks are signed.
    "name": "turash",
    "orm": "default",
    "workers": 2,
    "timeout": 60,
    "retry": 90,
}
