"""Tokens, and answers that are kept for repeated requests."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from turash.callers.querysets import KeptAnswerQuerySet, TokenQuerySet


class Token(models.Model):
    """
    A secret that stands for a user where there is no browser; only its digest is kept.

    `prefix` is how the secret begins, so that people can tell their tokens apart.
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and write")

    prefix = models.CharField(_("begins with"), max_length=25, unique=True, editable=False)
    digest = models.CharField(max_length=128, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    scope = models.CharField(_("may"), max_length=5, choices=Scope.choices, default=Scope.WRITE)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    # To the minute: not every read is to be a write.
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope__in=["read", "write"]), name="callers_token_scope_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(prefix="") & ~Q(digest=""), name="callers_token_has_a_digest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.prefix}…"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class KeptAnswer(models.Model):
    """
    What was answered to a request with an `Idempotency-Key`, for its repetitions.

    Written in the transaction of what the request did; `status` is 0 before it is done, which
    nobody else ever sees.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key_digest = models.CharField(max_length=64)
    request_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "key_digest"], name="callers_keptanswer_is_unique"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="callers_keptanswer_created")]

    def __str__(self) -> str:
        return self.key_digest
