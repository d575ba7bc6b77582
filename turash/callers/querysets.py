"""Reads of tokens and kept answers."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

# How long an answer is kept for repetitions of its request.
KEPT = timedelta(hours=24)


class TokenQuerySet(models.QuerySet):
    def of_user(self, user: Any) -> Self:
        """A user's tokens, the newest first."""
        return self.filter(user=user).order_by("-created_at", "-pk")

    def unused_since(self, moment: datetime) -> Self:
        """Tokens that were not used at that time or later."""
        return self.filter(Q(last_used_at=None) | Q(last_used_at__lt=moment))


class KeptAnswerQuerySet(models.QuerySet):
    def over(self, now: datetime) -> Self:
        """Answers that are kept no longer."""
        return self.filter(created_at__lte=now - KEPT)
