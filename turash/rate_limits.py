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
    """So many at once, and one more after each `refill`."""

    name: str
    burst: int
    refill: timedelta


def spend(limit: Limit, key: object) -> None:
    """
    Take one from the bucket of `key`; without Redis nothing is limited, and nothing refused.

    :raises TooManyRequests: the bucket is empty.
    """
    try:
        result = _limiter(limit, settings.REDIS_URL, settings.RATE_LIMIT_PREFIX).limit(
            f"{limit.name}:{key}"
        )
    except (RedisError, BaseThrottledError):
        logger.warning("The limit %s is not kept: Redis is away.", limit.name, exc_info=True)
        return
    if result.limited:
        minutes = math.ceil(result.state.retry_after / 60)
        text = ngettext(
            "This was asked for too often; try again in %d minute.",
            "This was asked for too often; try again in %d minutes.",
            minutes,
        )
        raise TooManyRequests(text % minutes, retry_after_s=math.ceil(result.state.retry_after))


@cache
def _limiter(limit: Limit, redis_url: str, prefix: str) -> Throttled:
    return Throttled(
        # A token bucket that is kept as one time stamp: it counts parts of a token, too, so that
        # whoever waits for as long as was said is let through.
        using=RateLimiterType.GCRA.value,
        quota=rate_limiter.per_duration(limit.refill, limit=1, burst=limit.burst),
        store=store.RedisStore(server=redis_url, options=_OPTIONS),
        key_prefix=prefix,
    )
