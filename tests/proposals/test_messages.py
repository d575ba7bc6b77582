"""The conversation about a proposal: both sides write and read, in order, and nobody else."""

import pytest

from proposals import services
from proposals.models import ProposalMessage
from tests.factories import MembershipFactory
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def url(proposal) -> str:
    return f"/api/v1/proposals/{proposal.pk}/messages"


def test_both_sides_talk(
    api_as, alice, charlie, alices_organization, charlies_organization, url, run_events
):
    first = api_as(charlie).post(url, {"text": " From March on? "})
    assert first.status_code == 201, first.content
    api_as(alice).post(url, {"text": "From April."})
    said = api_as(alice).get(url).json()
    assert [(row["text"], row["author"], row["organization_id"]) for row in said] == [
        ("From March on?", "Charlie", str(charlies_organization.pk)),
        ("From April.", "Alice", str(alices_organization.pk)),
    ]
    assert said[0] == first.json()
    run_events()
    for user in (alice, charlie):
        told = api_as(user).get("/api/v1/notifications").json()
        posted = [row for row in told if row["type"] == "proposal_message_posted"]
        assert len(posted) == 2
        assert {row["subject"]["url"] for row in posted} == {
            f"/proposals/{url.split('/')[-2]}",
        }


def test_who_may_read_and_write(
    api, api_as, alices_organization, bob, vera, facilitator, charlie, url
):
    manager = MembershipFactory(organization=alices_organization, role="manager").user
    text = {"text": "Hello"}
    assert (api.get(url).status_code, api.post(url, text).status_code) == (401, 401)
    outsider = api_as(MembershipFactory().user)
    assert (outsider.get(url).status_code, outsider.post(url, text).status_code) == (404, 404)
    for user in (bob, vera, facilitator):
        client = api_as(user)
        assert (client.get(url).status_code, client.post(url, text).status_code) == (200, 403)
    assert not ProposalMessage.objects.exists()
    assert not DomainEvent.objects.filter(type="proposal_message_posted").exists()
    assert api_as(manager).post(url, text).status_code == 201


@pytest.mark.parametrize("text", ["", "  \n", "x" * 5001, None, 5, ["a"]])
def test_an_empty_or_endless_text_is_refused(api_as, charlie, url, text):
    answer = api_as(charlie).post(url, {"text": text})
    assert answer.status_code == 400
    assert "text" in answer.json()["errors"]
    assert not ProposalMessage.objects.exists()


def test_the_conversation_stays_open_after_the_end(api_as, alice, charlie, proposal, url):
    services.move_proposal(proposal_id=proposal.pk, actor=alice, status="rejected")
    assert api_as(charlie).post(url, {"text": "Why?"}).status_code == 201


@pytest.mark.parametrize("size", [1, 30])
def test_a_conversation_costs_the_same_whatever_its_length(
    api_as, alice, charlie, proposal, url, size, django_assert_num_queries
):
    for number in range(size):
        services.post_message(proposal=proposal, actor=charlie, text=f"{number}")
    client = api_as(alice)
    # The viewer's organizations are read with the proposal; then the count, then the page.
    with django_assert_num_queries(3):
        answer = client.get(url)
    assert [row["text"] for row in answer.json()] == [f"{number}" for number in range(size)]
    assert client.get(f"{url}?limit=5&offset=10").headers["X-Total-Count"] == str(size)


def test_the_page_shows_and_takes_messages(client_as, alice, vera, charlie, proposal):
    page = f"/proposals/{proposal.pk}"
    browser = client_as(alice)
    answer = browser.post(f"{page}/messages/new", {"text": "From <b>March</b> on?"})
    assert answer.url == f"{page}#conversation"
    fragment = client_as(charlie).get(f"{page}/messages").content.decode()
    assert "From &lt;b&gt;March&lt;/b&gt; on?" in fragment
    assert "<html" not in fragment
    assert "From &lt;b&gt;March" in browser.get(page).content.decode()
    assert "messages/new" not in client_as(vera).get(page).content.decode()
    assert client_as(vera).post(f"{page}/messages/new", {"text": "Hi"}).status_code == 403
    outsider = client_as(MembershipFactory().user)
    assert outsider.get(f"{page}/messages").status_code == 404
    assert outsider.post(f"{page}/messages/new", {"text": "Hi"}).status_code == 404


def test_the_page_refuses_an_empty_message(client_as, alice, proposal):
    url = f"/proposals/{proposal.pk}/messages/new"
    for text in ("", " ", "x" * 5001):
        html = client_as(alice).post(url, {"text": text}, follow=True).content.decode()
        assert "The message is empty or too long." in html
    assert not ProposalMessage.objects.exists()
