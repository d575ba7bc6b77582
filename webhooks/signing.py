"""Secrets of webhooks, and signatures made with them (Standard Webhooks, symmetric, v1)."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime
from functools import cache
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

PREFIX = "whsec_"
SECRET_BYTES = 32


class LostSecret(Exception):
    """A secret was sealed with a SECRET_KEY that is not known any more."""


def new_secret() -> str:
    """Return a secret that nobody can guess, as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def seal(secret: str) -> str:
    """Encrypt a secret for the database: whoever reads a backup of it cannot sign."""
    return _sealer(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(
        secret.encode()
    ).decode()  # fmt: skip


def unseal(sealed: str) -> str:
    """
    Return the secret that was sealed.

    :raises LostSecret: by a SECRET_KEY that is neither the present one nor among the fallbacks.
    """
    sealer = _sealer(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    try:
        return sealer.decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise LostSecret("SECRET_KEY has changed: rotate the secret of this webhook.") from error


def headers(
    secrets_: list[str], *, delivery_id: UUID, sent_at: datetime, body: str
) -> dict[str, str]:
    """Return the headers by which a receiver knows us, with one signature by each secret."""
    timestamp = str(int(sent_at.timestamp()))
    name = name_of(delivery_id)
    signed = f"{name}.{timestamp}.{body}".encode()
    return {
        "webhook-id": name,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets_),
    }


def name_of(delivery_id: UUID) -> str:
    """Return the `webhook-id` of a delivery: the same with every attempt."""
    return f"msg_{delivery_id.hex}"


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


@cache
def _sealer(*keys: str) -> MultiFernet:
    return MultiFernet(
        [
            Fernet(
                base64.urlsafe_b64encode(hashlib.sha256(f"turash.webhooks:{key}".encode()).digest())
            )
            for key in keys
        ]
    )
