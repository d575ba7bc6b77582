"""Who wants which e-mail, and every e-mail there was."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Cadence(models.TextChoices):
    IMMEDIATELY = "immediately", _("At once")
    DAILY = "daily", _("Once a day")
    NONE = "none", _("Never")


# A run of the matching finds thousands at once: about matches there is only the digest.
MATCH_CADENCES = [(one.value, one.label) for one in (Cadence.DAILY, Cadence.NONE)]


class MailPreference(models.Model):
    """
    What a user wants to hear by e-mail; who has no row wants what the defaults say.

    `digested_to` is the newest notification that a digest has covered, `digested_on` its day.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        primary_key=True,
        related_name="mail_preference",
        verbose_name=_("user"),
    )
    proposals = models.CharField(
        _("about proposals"), max_length=12, choices=Cadence.choices, default=Cadence.IMMEDIATELY
    )
    matches = models.CharField(
        _("about matches"), max_length=12, choices=MATCH_CADENCES, default=Cadence.DAILY
    )
    digested_to = models.BigIntegerField(_("digest up to"), default=0, editable=False)
    digested_on = models.DateField(_("last digest"), null=True, editable=False)

    class Meta:
        verbose_name = _("mail preference")
        verbose_name_plural = _("mail preferences")
        constraints = [
            models.CheckConstraint(
                condition=Q(proposals__in=Cadence.values), name="mail_preference_proposals_is_known"
            ),
            models.CheckConstraint(
                condition=Q(matches__in=[value for value, _label in MATCH_CADENCES]),
                name="mail_preference_matches_is_known",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)


class Mail(models.Model):
    """
    One e-mail to one user, written down before it is sent.

    `key` names what it is about: the same thing is never written down twice for a user, however
    often its event is delivered. What has begun and not ended is `uncertain`, and is not sent
    again by itself.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        UNWANTED = "unwanted", _("No longer wanted")
        UNCERTAIN = "uncertain", _("Perhaps sent")
        FAILED = "failed", _("Failed")

    class Topic(models.TextChoices):
        PROPOSALS = "proposals", _("Proposals")
        MATCHES = "matches", _("Matches")
        ALL = "all", _("All")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="mails", verbose_name=_("to")
    )
    key = models.CharField(_("about"), max_length=150)
    topic = models.CharField(_("topic"), max_length=10, choices=Topic.choices)
    subject = models.CharField(_("subject"), max_length=300)
    body = models.TextField(_("text"))
    language = models.CharField(_("language"), max_length=10)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt at"), default=timezone.now)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="mail_mail_is_written_once"),
            models.CheckConstraint(
                condition=Q(
                    status__in=["waiting", "sending", "sent", "unwanted", "uncertain", "failed"]
                ),
                name="mail_mail_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(status="sent", sent_at__isnull=False)
                | (~Q(status="sent") & Q(sent_at=None)),
                name="mail_mail_is_sent_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(status__in=["waiting", "sending"]),
                name="mail_mail_open",
            ),
            models.Index(fields=["created_at"], name="mail_mail_created"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.subject}"
