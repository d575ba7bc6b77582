"""Buckets in a real Redis: so many at once, then one after each pause."""

import logging
import time
from datetime import timedelta
from uuid import uuid4

import pytest

from matching import services
from matching.models import MatchingRun
from organizations.models import Membership
from tests.factories import MembershipFactory, OrganizationFactory
from turash import rate_limits
from turash.errors import TooManyRequests

LIMIT = rate_limits.Limit("test", burst=3, refill=timedelta(seconds=1))


@pytest.fixture(autouse=True)
def prefix(settings) -> str:
    settings.RATE_LIMIT_PREFIX = f"test-{uuid4()}"
    return settings.RATE_LIMIT_PREFIX


def spend(times: int, key: str = "a", limit: rate_limits.Limit = LIMIT) -> None:
    for _ in range(times):
        rate_limits.spend(limit, key)


def spend_what_came_meanwhile() -> None:
    """Spend more than can have come, however long a slow machine has taken to get here."""
    spend(20)


def test_a_burst_and_then_no_more():
    spend(3)
    with pytest.raises(TooManyRequests) as raised:
        spend_what_came_meanwhile()
    assert raised.value.retry_after_s == 1
    # Another's bucket is full.
    spend(3, "b")


def test_who_waits_as_long_as_was_said_is_let_through():
    spend(3)
    time.sleep(0.6)
    with pytest.raises(TooManyRequests) as raised:
        spend_what_came_meanwhile()
    time.sleep(raised.value.retry_after_s)
    spend(1)


def test_without_redis_nothing_is_refused(settings, caplog):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with caplog.at_level(logging.WARNING, "turash.rate_limits"):
        spend(10)
    assert len(caplog.records) == 10
    assert "The limit test is not kept: Redis is away." in caplog.text


@pytest.mark.django_db
class TestRuns:
    """Runs of one organization: four at once, then one every five minutes."""

    def url(self, organization) -> str:
        return f"/api/v1/organizations/{organization.pk}/matching/run"

    def ask(self, client, organization):
        answer = client.post(self.url(organization))
        MatchingRun.objects.unfinished().update(status="finished")
        return answer

    def test_the_fifth_is_told_when_to_come_again(self, api_as, alice, alices_organization):
        client = api_as(alice)
        for _ in range(4):
            assert self.ask(client, alices_organization).status_code == 202
        answer = self.ask(client, alices_organization)
        assert answer.status_code == 429
        assert answer["Content-Type"] == "application/problem+json"
        assert 240 <= int(answer["Retry-After"]) <= 300
        assert answer.json()["type"] == "urn:turash:problem:too_many_requests"
        assert MatchingRun.objects.count() == 4

    def test_members_share_the_bucket_and_organizations_do_not(
        self, api_as, alice, bob, alices_organization
    ):
        other = OrganizationFactory()
        MembershipFactory(user=alice, organization=other, role=Membership.Role.OWNER)
        for _ in range(4):
            self.ask(api_as(alice), alices_organization)
        assert self.ask(api_as(bob), alices_organization).status_code == 429
        assert self.ask(api_as(alice), other).status_code == 202

    def test_what_is_refused_for_another_reason_costs_nothing(
        self, api_as, alice, vera, alices_organization
    ):
        url = self.url(alices_organization)
        for _ in range(5):
            assert api_as(vera).post(url).status_code == 403
        client = api_as(alice)
        assert client.post(url).status_code == 202
        for _ in range(5):
            assert client.post(url).status_code == 409
        MatchingRun.objects.update(status="finished")
        for _ in range(3):
            assert self.ask(client, alices_organization).status_code == 202

    def test_facilitators_and_the_system_are_not_limited(self, api_as, facilitator):
        organization = OrganizationFactory()
        for _ in range(6):
            assert self.ask(api_as(facilitator), organization).status_code == 202
            services.request_run()
            MatchingRun.objects.update(status="finished")

    def test_without_redis_the_request_is_not_lost(
        self, api_as, alice, alices_organization, settings
    ):
        settings.REDIS_URL = "unix:///nowhere/redis.sock"
        for _ in range(5):
            assert self.ask(api_as(alice), alices_organization).status_code == 202

    def test_the_page_says_so(self, client_as, alice, alices_organization):
        browser = client_as(alice)
        url = f"/organizations/{alices_organization.pk}/matching/run"
        for _ in range(4):
            browser.post(url)
            MatchingRun.objects.update(status="finished")
        answer = browser.post(url, follow=True)
        assert "asked for too often" in answer.content.decode()
