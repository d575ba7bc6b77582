"""What workers run for the map."""

from maps import region, services


def count_cells(**_: object) -> None:
    """Count the flows of the map's cells, where there may be others (scheduled every minute)."""
    services.count_if_changed()


def draw_up_region(**_: object) -> None:
    """Compute the sums of the region again (asked for by whoever looks at old ones)."""
    region.draw_up()
