"""Areas in which many matches could share a pipe or a hub."""

from matching.clustering.groups import find
from matching.clustering.sums import Cluster

__all__ = ["Cluster", "find"]
