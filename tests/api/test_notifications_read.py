"""How far somebody has read is theirs, never goes back, and never covers what comes later."""

import pytest
from django.urls import reverse
from django.utils import timezone

from turash.realtime.models import Notification

pytestmark = pytest.mark.django_db

LIST = "/api/v1/notifications"
READ = "/api/v1/notifications/read"


@pytest.fixture
def tell(alices_organization):
    def one() -> int:
        return Notification.objects.create(
            organization=alices_organization,
            type="site_created",
            occurred_at=timezone.now(),
            subject_kind="site",
            subject_id=alices_organization.pk,
            subject_url="/somewhere",
        ).pk

    return one


def test_reading_is_noted_for_the_reader_alone(api, api_as, alice, bob, tell):
    first, second = tell(), tell()
    assert api.post(READ, {}).status_code == 401
    client = api_as(alice)
    answer = client.post(READ, {"up_to": first})
    assert answer.json() == {"read_up_to": first, "unread": 1}
    unread = client.get(f"{LIST}?unread=true").json()
    assert [row["id"] for row in unread] == [second]
    assert len(client.get(LIST).json()) == 2
    assert len(api_as(bob).get(f"{LIST}?unread=true").json()) == 2


def test_the_mark_never_goes_back_nor_ahead(api_as, alice, tell):
    first, second = tell(), tell()
    client = api_as(alice)
    assert client.post(READ, {}).json() == {"read_up_to": second, "unread": 0}
    assert client.post(READ, {"up_to": first}).json()["read_up_to"] == second
    assert client.post(READ, {"up_to": second + 1000}).json()["read_up_to"] == second
    tell()
    assert client.post(READ, {"up_to": second}).json()["unread"] == 1


def test_others_notifications_do_not_move_it(api_as, charlie, tell):
    newest = tell()
    assert api_as(charlie).post(READ, {"up_to": newest}).json() == {"read_up_to": 0, "unread": 0}


@pytest.mark.parametrize("up_to", [-1, "x", None, 10**19, True, [1]])
def test_nonsense_is_refused(api_as, alice, up_to):
    answer = api_as(alice).post(READ, {"up_to": up_to})
    assert answer.status_code == 400
    assert "up_to" in answer.json()["errors"]
    assert api_as(alice).get(f"{LIST}?unread=maybe").status_code == 400


def test_the_page_marks_what_it_showed(client_as, alice, tell):
    first = tell()
    browser = client_as(alice)
    url = reverse("notifications")
    page = browser.get(url)
    assert (page.context["unread"], page.context["newest"]) == (1, first)
    tell()
    browser.post(reverse("notifications-read"), {"up_to": first})
    assert browser.get(url).context["unread"] == 1
    for nonsense in ("", "x", "9" * 40, "²"):
        assert browser.post(reverse("notifications-read"), {"up_to": nonsense}).status_code == 302


@pytest.mark.parametrize("size", [1, 20])
def test_the_page_costs_the_same_whatever_its_length(
    client_as, alice, tell, size, django_assert_max_num_queries
):
    for _ in range(size):
        tell()
    browser = client_as(alice)
    with django_assert_max_num_queries(9):
        assert len(browser.get(reverse("notifications")).context["rows"]) == size
