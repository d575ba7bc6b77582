"""What speaks against a match, in a word."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """Why an organization dismisses a match, sorted so that the engine can learn from it."""

    TOO_FAR = "too_far", _("Too far away")
    QUALITY = "quality", _("The quality does not fit")
    TIMES = "times", _("The times do not fit")
    TOO_SMALL = "too_small", _("Too little")
    TOO_LARGE = "too_large", _("Too much")
    DOES_NOT_PAY = "does_not_pay", _("It does not pay")
    PARTNER_NOT_TRUSTED = "partner_not_trusted", _("The partner is not trusted")
    DATA_DOUBTFUL = "data_doubtful", _("The data are doubtful")
    PERMITS = "permits", _("Permits or the law")
    OTHER = "other", _("Something else")


# The factor that should have counted more, for the match to be lower in the list.
FACTOR_OF = {
    Category.TOO_FAR: "spatial",
    Category.QUALITY: "quality",
    Category.TIMES: "temporal",
    Category.TOO_SMALL: "quantity",
    Category.TOO_LARGE: "quantity",
    Category.DOES_NOT_PAY: "economic",
    Category.PARTNER_NOT_TRUSTED: "trust",
    Category.DATA_DOUBTFUL: "trust",
    Category.PERMITS: "regulatory",
}
