"""How far two organizations have come with each other."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """From which step on others see something; each includes those before it."""

    PUBLIC = "public", _("Anybody who sees the organization")
    MATCHED = "matched", _("Organizations with a match with ours")
    ACCEPTED = "accepted", _("Organizations with an accepted proposal between us")
    NEVER = "never", _("Nobody else")


STAGES = [Stage.PUBLIC, Stage.MATCHED, Stage.ACCEPTED, Stage.NEVER]
