"""Boxes of meridians and parallels, as columns `west`, `south`, `east` and `north` [degrees]."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def box_constraint(name: str) -> models.CheckConstraint:
    """Return the rule that a box is whole and on Earth, or not given; it may cross the 180th."""
    return models.CheckConstraint(
        condition=Q(west=None, south=None, east=None, north=None)
        | Q(
            west__isnull=False,
            west__range=(-180, 180),
            east__isnull=False,
            east__range=(-180, 180),
            south__isnull=False,
            south__gte=-90,
            south__lte=F("north"),
            north__isnull=False,
            north__lte=90,
        ),
        name=name,
        violation_error_message=_("Give a box as west, south, east, north in degrees."),
    )
