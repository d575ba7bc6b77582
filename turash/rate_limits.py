"""How often something expensive may be asked for: buckets in Redis, shared by all servers."""

import logging
import math
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.conf import settings
from django.utils.translation import ngettext
from redis.exceptions import RedisError
from throttled import RateLimiterType, Throttled, rate_limiter, store
from throttled.exceptions import BaseThrottledError

from turash.errors import TooManyRequests

logger = logging.getLogger(__name__)

# Longer than Redis ever takes, shorter than a caller waits.
_OPTIONS = {"SOCKET_TIMEOUT": 1, "SOCKET_CONNECT_TIMEOUT": 1}


@dataclass(frozen=True)
class Limit:
    """So many at once, and one more, or `refilled`, in each `refill` of whole seconds."""

    name: str
    burst: int
    refill: timedelta
    refilled: int = 1


@dataclass(frozen=True, slots=True)
class Left:
    """What is in a bucket: so many of `burst` at once, and in `full_after_s` all of them."""

    burst: int
    remaining: int
    full_after_s: int


def spend(limit: Limit, key: object) -> Left | None:
    """
    Take one from the bucket of `key`, and return what is left.

    Without Redis nothing is limited, and nothing refused: None.

    :raises TooManyRequests: the bucket is empty.
    """
    try:
        result = _limiter(limit, settings.REDIS_URL, settings.RATE_LIMIT_PREFIX).limit(
            f"{limit.name}:{key}"
        )
    except (RedisError, BaseThrottledError):
        logger.warning("The limit %s is not kept: Redis is away.", limit.name, exc_info=True)
        return None
    state = result.state
    if result.limited:
        wait_s = math.ceil(state.retry_after)
        raise TooManyRequests(_too_often(wait_s), retry_after_s=wait_s)
    return Left(limit.burst, state.remaining, math.ceil(state.reset_after))


def _too_often(wait_s: int) -> str:
    if wait_s < 60:
        text = ngettext(
            "This was asked for too often; try again in %d second.",
            "This was asked for too often; try again in %d seconds.",
            wait_s,
        )
        return text % wait_s
    minutes = math.ceil(wait_s / 60)
    text = ngettext(
        "This was asked for too often; try again in %d minute.",
        "This was asked for too often; try again in %d minutes.",
        minutes,
    )
    return text % minutes


@cache
def _limiter(limit: Limit, redis_url: str, prefix: str) -> Throttled:
    return Throttled(
        # A token bucket that is kept as one time stamp: it counts parts of a token, too, so that
        # whoever waits for as long as was said is let through.
        using=RateLimiterType.GCRA.value,
        quota=rate_limiter.per_duration(limit.refill, limit=limit.refilled, burst=limit.burst),
        store=store.RedisStore(server=redis_url, options=_OPTIONS),
        key_prefix=prefix,
    )
