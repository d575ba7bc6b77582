"""The daily digest: what is new and unread since the last one, in one bounded e-mail."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from turash.mail.models import Cadence, Mail, MailPreference
from turash.mail.services.writing import mail_to, write
from turash.mail.subjects import with_titles
from turash.realtime.models import Notification, ReadMark

USERS_PER_TASK = 100
LINES = 20
# Who was away for long need not read all of it.
OLDEST = timedelta(days=7)

PROPOSAL_TYPES = (
    "proposal_created",
    "proposal_status_changed",
    "proposal_terms_offered",
    "proposal_message_posted",
    "proposal_expiring",
    "deliveries_reported",
    "deliveries_confirmed",
)
MATCH_TYPES = ("match_found", "matching_run_finished")


def write_some(day: date, *, after: UUID | None) -> UUID | None:
    """Write digests for the next users; returns the last of them, None when all are done."""
    wants = (
        Q(mail_preference=None)
        | Q(mail_preference__proposals=Cadence.DAILY)
        | Q(mail_preference__matches=Cadence.DAILY)
    )
    users = get_user_model().objects.filter(
        wants, is_active=True, pk__in=_members()
    ).order_by("pk")  # fmt: skip
    if after is not None:
        users = users.filter(pk__gt=after)
    batch = list(users[:USERS_PER_TASK])
    for user in batch:
        write_digest(user, day)
    return batch[-1].pk if len(batch) == USERS_PER_TASK else None


def _members() -> Any:
    user = get_user_model()
    return user.objects.filter(organizations__isnull=False).values("pk")


@transaction.atomic
def write_digest(user: Any, day: date) -> bool:
    """Write a user's digest of a day, if there is anything to say; once, however often called."""
    preference, _created = MailPreference.objects.select_for_update().get_or_create(user=user)
    if preference.digested_on is not None and preference.digested_on >= day:
        return False
    # First: what comes while this is written belongs to the next digest.
    newest = Notification.objects.newest_id()
    news = Notification.objects.visible_to(user).filter(
        pk__lte=newest,
        pk__gt=max(preference.digested_to, ReadMark.objects.position_of(user)),
        occurred_at__gte=timezone.now() - OLDEST,
    )
    proposals, matches = news.none(), news.none()
    if preference.proposals == Cadence.DAILY:
        proposals = news.filter(type__in=PROPOSAL_TYPES)
    if preference.matches == Cadence.DAILY:
        matches = news.filter(type__in=MATCH_TYPES)
    preference.digested_to = max(preference.digested_to, newest)
    preference.digested_on = day
    preference.save()
    with translation.override(user.language):
        context = {
            "proposals": with_titles(list(proposals.order_by("-pk")[:LINES])),
            "more_proposals": max(0, proposals.count() - LINES),
            "match_count": matches.filter(type="match_found").count(),
            "has_run": matches.filter(type="matching_run_finished").exists(),
            "site": settings.SITE_URL,
            "dashboard": settings.SITE_URL + reverse("dashboard"),
        }
        if not (context["proposals"] or context["match_count"] or context["has_run"]):
            return False
        body = render_to_string("mail/digest.txt", context)
        subject = _("Turash: what is new")
    return write([mail_to(user, f"digest:{day}", Mail.Topic.ALL, subject, body)]) == 1
