"""Turash with django-q2's own broker, which looks for tasks every 0.2 s: a baseline."""

from turash.settings import *  # noqa: F403
from turash.settings import Q_CLUSTER

Q_CLUSTER = {key: value for key, value in Q_CLUSTER.items() if key != "broker_class"}
Q_CLUSTER["poll"] = 0.2
