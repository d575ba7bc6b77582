"""A receiver that webhooks may reach, and a webhook that leads there."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.webhooks.receiver import Receiver, receiver
from webhooks import services
from webhooks.models import Webhook


@pytest.fixture
def loopback(settings) -> None:
    """Webhooks may reach this machine, on any port that a test adds."""
    settings.WEBHOOK_SCHEMES = ["https", "http"]
    settings.WEBHOOK_NETWORKS = ["127.0.0.0/8"]
    settings.RATE_LIMIT_PREFIX = f"test-{uuid4()}"


@pytest.fixture
def erp(loopback, settings) -> Iterator[Receiver]:
    """Where Alice's organization listens."""
    with receiver() as one:
        settings.WEBHOOK_PORTS = [*settings.WEBHOOK_PORTS, one.port]
        yield one


@pytest.fixture
def hooked(erp, alice, alices_organization, run_events) -> tuple[Webhook, str]:
    """Her webhook for everything from now on, and its secret."""
    run_events()
    return services.create_webhook(actor=alice, organization=alices_organization, url=erp.url)
