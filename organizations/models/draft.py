"""What somebody has begun to say in a form."""

from uuid import uuid4

from django.conf import settings
from django.core.validators import MaxLengthValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_BODY = 20_000

models.TextField.register_lookup(Length)


class Draft(models.Model):
    """
    A form that was begun and not sent, for the person who began it and nobody else.

    It has no history: nothing was said yet, and what was thrown away is to be gone.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts", verbose_name=_("user")
    )
    # Which form, and of what: "site-new:<id of the organization>".
    form = models.CharField(
        _("form"), max_length=80, validators=[RegexValidator(r"^[a-z]+(-[a-z]+)*(:[a-z0-9-]+)?$")]
    )
    # As a browser sends it: application/x-www-form-urlencoded.
    body = models.TextField(_("content"), validators=[MaxLengthValidator(LONGEST_BODY)])
    # Another one with each save, so that a tab knows whether it has seen the newest.
    version = models.UUIDField(default=uuid4, editable=False)
    saved_at = models.DateTimeField(_("saved at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-saved_at", "-pk"]
        indexes = [models.Index(fields=["saved_at"], name="organizations_draft_by_age")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "form"], name="organizations_draft_is_one_of_a_form"
            ),
            models.CheckConstraint(
                condition=Q(body__length__lte=LONGEST_BODY),
                name="organizations_draft_is_short",
            ),
        ]

    def __str__(self) -> str:
        return self.form
