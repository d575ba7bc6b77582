"""The only writers of tokens and kept answers."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from turash.callers.models import KeptAnswer, Token
from turash.errors import DomainError, InvalidInput

# So that scanners of source code can tell what they have found.
MARK = "turash_"
PREFIX_LENGTH = len(MARK) + 12
MOST_TOKENS = 100
USE_NOTED_EVERY = timedelta(minutes=1)
PRUNE_LIMIT = 10_000


class TooManyTokens(DomainError):
    """The user has as many tokens as anybody may have."""

    code = "too_many_tokens"


def digest_of(secret: str) -> str:
    """Return what is kept of a secret, which is too long to be guessed from it."""
    return hashlib.sha512(secret.encode()).hexdigest()


@transaction.atomic
def make_token(
    user: Any,
    *,
    name: str = "",
    scope: str = Token.Scope.WRITE,
    expires_at: datetime | None = None,
    by: Token | None = None,
) -> tuple[Token, str]:
    """
    Make a token for a user; returns it with its secret, which is kept nowhere.

    `by`: the token that asks for it, which the new one does not outlive.

    :raises InvalidInput: it would have expired already, or would outlive the one that asks for it.
    :raises TooManyTokens: the user has to revoke one first.
    """
    if expires_at is not None and expires_at <= timezone.now():
        raise InvalidInput({"expiry": [_("Give a time in the future.")]})
    if by is not None and by.expires_at is not None:
        expires_at = expires_at or by.expires_at
        if expires_at > by.expires_at:
            raise InvalidInput(
                {"expiry": [_("A token cannot make one that is valid for longer than itself.")]}
            )
    if Token.objects.filter(user=user).count() >= MOST_TOKENS:
        raise TooManyTokens(_("You have %d tokens. Revoke one first.") % MOST_TOKENS)
    secret = MARK + secrets.token_hex(32)
    token = Token.objects.create(
        user=user,
        prefix=secret[:PREFIX_LENGTH],
        digest=digest_of(secret),
        name=name,
        scope=scope,
        expires_at=expires_at,
    )
    return token, secret


def note_use(token: Token) -> None:
    """Note that a token is used now, at most once a minute."""
    now = timezone.now()
    before = now - USE_NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < before:
        Token.objects.filter(pk=token.pk).unused_since(before).update(last_used_at=now)


def revoke_token(user: Any, *, prefix: str) -> bool:
    """Revoke a token of the user; returns whether there was one."""
    deleted, _rows = Token.objects.filter(user=user, prefix=prefix).delete()
    return bool(deleted)


def prune_answers(now: datetime) -> int:
    """Forget answers that are kept no longer, `PRUNE_LIMIT` at a time; returns how many."""
    keys = list(KeptAnswer.objects.over(now).order_by("created_at").values_list("pk", flat=True)[
        :PRUNE_LIMIT
    ])  # fmt: skip
    KeptAnswer.objects.filter(pk__in=keys).delete()
    return len(keys)
