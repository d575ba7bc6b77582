"""How often one person may write to others: so that nobody is flooded, whatever writes."""

from datetime import timedelta

from organizations.models import User
from turash import rate_limits

# Quicker than people write, slower than a script that has gone wrong.
MESSAGES = rate_limits.Limit("proposal_messages", burst=30, refill=timedelta(seconds=10))
OFFERS = rate_limits.Limit("proposal_terms", burst=20, refill=timedelta(seconds=30))
ATTACHMENTS = rate_limits.Limit("proposal_attachments", burst=20, refill=timedelta(seconds=30))


def spend(limit: rate_limits.Limit, actor: User) -> None:
    """
    Take one from the actor's bucket.

    :raises TooManyRequests: it is empty.
    """
    rate_limits.spend(limit, actor.pk)
