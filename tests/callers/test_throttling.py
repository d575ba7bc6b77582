"""How often the API may be called: buckets of an address, a user and a token."""

from uuid import uuid4

import pytest

from tests.api.test_bad_input import assert_problem
from tests.callers.test_tokens import bearer
from turash.callers import services

pytestmark = pytest.mark.django_db

URL = "/api/v1/organizations"
MANY = "1000/1000"


@pytest.fixture
def rates(settings):
    """Buckets of this test alone."""
    settings.RATE_LIMIT_PREFIX = f"test-{uuid4()}"

    def set_rates(**rates: str) -> None:
        settings.API_RATES = {"address": MANY, "user": MANY, "token": MANY} | rates

    return set_rates


def codes(client, times: int, **extra) -> list[int]:
    return [client.get(URL, **extra).status_code for _ in range(times)]


def assert_told(answer, burst: int) -> None:
    assert_problem(answer, 429)
    assert answer.json()["type"] == "urn:turash:problem:too_many_requests"
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer["RateLimit-Limit"] == str(burst)
    assert answer["RateLimit-Remaining"] == "0"
    assert int(answer["RateLimit-Reset"]) >= 1


def test_every_answer_tells_what_is_left(api, rates):
    rates(address="5/1")
    first, second = api.get(URL), api.get("/api/v1/nothing")
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("5", "4")
    assert second["RateLimit-Remaining"] == "3"
    # Two tokens of a minute each are missing, but for what came while a slow machine asked.
    assert 60 < int(second["RateLimit-Reset"]) <= 120


def test_an_address_is_limited_whoever_it_says_it_is(api, alice, rates, settings):
    rates(address="3/1")
    # Also one that guesses tokens.
    assert codes(api, 3, **bearer("guess")) == [401, 401, 401]
    _, secret = services.make_token(alice)
    assert_told(api.get(URL, **bearer(secret)), 3)
    assert codes(api, 1, REMOTE_ADDR="192.0.2.1") == [200]
    # What a caller says of proxies counts only where there are some.
    forged = {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}
    assert codes(api, 1, **forged) == [429]
    settings.TRUSTED_PROXIES = 1
    assert codes(api, 1, **forged) == [200]
    chain = [{"HTTP_X_FORWARDED_FOR": f"10.0.0.{n}, 192.0.2.8"} for n in range(4)]
    assert [codes(api, 1, **one)[0] for one in chain] == [200, 200, 200, 429]


def test_a_user_and_each_of_the_tokens_are_limited(api, api_as, alice, charlie, rates):
    rates(user="5/1", token="3/1")
    first, second = (services.make_token(alice)[1] for _ in range(2))
    assert codes(api, 3, **bearer(first)) == [200] * 3
    assert_told(api.get(URL, **bearer(first)), 3)
    # The refused one counted for the user, too.
    answer = api.get(URL, **bearer(second))
    assert (answer.status_code, answer["RateLimit-Limit"]) == (200, "5")
    assert_told(api.get(URL, **bearer(second)), 5)
    assert codes(api_as(alice), 1) == [429]
    assert codes(api_as(charlie), 5) == [200] * 5
    assert codes(api, 1) == [200]


def test_pages_are_not_limited(client, rates):
    rates(address="1/1")
    assert [client.get("/").status_code for _ in range(3)] == [200] * 3
    assert "RateLimit-Limit" not in client.get("/")
