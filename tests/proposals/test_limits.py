"""One person writes to others only so often: by API and page, each kind by itself."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from proposals import services
from proposals.models import Attachment, ProposalMessage, ProposalTerms
from proposals.services import limits
from turash.rate_limits import Limit

pytestmark = pytest.mark.django_db


@pytest.fixture
def narrow(monkeypatch):
    for name in ("MESSAGES", "OFFERS", "ATTACHMENTS"):
        limit = Limit(f"test_{name}", burst=2, refill=timedelta(minutes=5))
        monkeypatch.setattr(limits, name, limit)


def test_messages_offers_and_files_have_a_bucket_each(
    narrow, api_as, client_as, alice, charlie, proposal
):
    for status in ("accepted", "negotiating"):
        services.move_proposal(proposal_id=proposal.pk, actor=alice, status=status)
    url = f"/api/v1/proposals/{proposal.pk}"
    client = api_as(alice)

    def post_file(number: int):
        upload = SimpleUploadedFile(f"{number}.csv", b"month,quantity\n2026-01,1\n")
        return client.post(f"{url}/attachments", {"file": upload}, format="multipart")

    calls = {
        "messages": lambda number: client.post(f"{url}/messages", {"text": f"No. {number}"}),
        "terms": lambda number: client.post(
            f"{url}/terms", {"based_on": number, "quantity": 100 + number}, format="json"
        ),
        "attachments": post_file,
    }
    for name, call in calls.items():
        assert [call(number).status_code for number in (1, 2)] == [201, 201], name
        refused = call(3)
        assert refused.status_code == 429, name
        assert refused.json()["type"].endswith("too_many_requests")
        assert 0 < int(refused["Retry-After"]) <= 300
    assert ProposalTerms.objects.count() == 3
    assert (ProposalMessage.objects.count(), Attachment.objects.count()) == (4, 2)
    # On the page it says so, too.
    page = reverse("proposals:message-post", args=[proposal.pk])
    answer = client_as(alice).post(page, {"text": "And again"}, follow=True)
    assert "This was asked for too often" in answer.content.decode()
    # Another's buckets are full; a wrong request takes nothing from one's own.
    assert api_as(charlie).post(f"{url}/messages", {"text": "Hello"}).status_code == 201
    assert ProposalMessage.objects.count() == 5
