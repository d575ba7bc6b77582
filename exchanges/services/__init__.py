"""The only writers of deliveries, declarations and factors of running exchanges."""

from exchanges.services.declaring import declare
from exchanges.services.fixing import fix_factors
from exchanges.services.reporting import (
    AlreadyConfirmed,
    ChangedMeanwhile,
    NotRunning,
    Reported,
    confirm_delivery,
    report_deliveries,
)

__all__ = [
    "AlreadyConfirmed",
    "ChangedMeanwhile",
    "NotRunning",
    "Reported",
    "confirm_delivery",
    "declare",
    "fix_factors",
    "report_deliveries",
]
