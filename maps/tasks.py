"""What workers run for the map."""

from maps import services


def count_cells(**_: object) -> None:
    """Count the flows of the map's cells, where there may be others (scheduled every minute)."""
    services.count_if_changed()
