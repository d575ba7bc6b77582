"""Flows that are to be matched again."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from matching.querysets import RematchRequestQuerySet


class RematchRequest(models.Model):
    """
    A flow is to be matched again: one row, however often it changed since it was matched.

    No foreign key: a flow that is gone is asked for, too, and its lists are emptied then.
    """

    flow_id = models.UUIDField(_("flow"), primary_key=True)
    # Counts the changes, so that work on an older state does not strike out a newer request.
    version = models.PositiveIntegerField(_("changes"), default=1)
    requested_at = models.DateTimeField(_("first requested at"))
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    last_error = models.TextField(_("last error"), blank=True)

    objects = RematchRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("rematch request")
        verbose_name_plural = _("rematch requests")
        indexes = [models.Index(fields=["due_at"], name="matching_rematch_due")]

    def __str__(self) -> str:
        return str(self.flow_id)
