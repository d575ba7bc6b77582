"""Contact details are disclosed step by step, and it is on record who has seen them."""

import json

import pytest
from django.urls import reverse

from organizations.models import Contact, Disclosure, Organization
from organizations.models.stage import Stage
from proposals import services
from proposals.models import Proposal
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory

pytestmark = pytest.mark.django_db

DETAILS = {"person": "Rikke Hansen", "email": "rikke@example.org", "phone": "+45 12 34 56"}


@pytest.fixture
def url(charlies_organization) -> str:
    return f"/api/v1/organizations/{charlies_organization.pk}/contact"


@pytest.fixture
def contact(charlies_organization) -> Contact:
    return Contact.objects.create(organization=charlies_organization, **DETAILS)


@pytest.fixture
def matched(alices_organization, charlies_organization, contact, run_events):
    """A match between the two, and the flow of Charlie's side."""
    output = ResourceFlowFactory(site=SiteFactory(organization=charlies_organization))
    ResourceFlowFactory(
        site=SiteFactory(organization=alices_organization), direction="input", type_code="heat"
    )
    run_events()
    return output


@pytest.fixture
def proposal(alice, alices_organization, charlies_organization, matched) -> Proposal:
    return services.create_proposal(
        actor=alice,
        from_organization=alices_organization,
        to_organization=charlies_organization,
        resource=matched,
        direction="output",
        message="Shall we?",
    )


def seen_by(client, url) -> bool:
    answer = client.get(url)
    assert answer.status_code in (200, 403), answer.content
    if answer.status_code == 403:
        assert not any(value in answer.content.decode() for value in DETAILS.values())
        return False
    assert answer.json() == DETAILS | {"disclosed_from": answer.json()["disclosed_from"]}
    return True


def disclose_from(stage: str) -> None:
    Contact.objects.update(disclosed_from=stage)


def stages_that_disclose(client, url) -> set[str]:
    seen = set()
    for stage in Stage.values:
        disclose_from(stage)
        if seen_by(client, url):
            seen.add(stage)
    return seen


def test_a_stranger_sees_what_is_public(api, api_as, alice, contact, url):
    assert stages_that_disclose(api_as(alice), url) == {"public"}
    disclose_from("public")
    assert api.get(url).json()["email"] == DETAILS["email"]
    disclose_from("matched")
    assert api.get(url).status_code in (401, 403)


def test_a_match_discloses_more(api_as, alice, matched, url):
    assert stages_that_disclose(api_as(alice), url) == {"public", "matched"}


def test_a_proposal_discloses_when_it_is_accepted(api_as, alice, charlie, proposal, url):
    assert "accepted" not in stages_that_disclose(api_as(alice), url)
    services.move_proposal(proposal_id=proposal.pk, actor=charlie, status="accepted")
    assert stages_that_disclose(api_as(alice), url) == {"public", "matched", "accepted"}
    services.move_proposal(proposal_id=proposal.pk, actor=charlie, status="failed")
    assert "accepted" not in stages_that_disclose(api_as(alice), url)


def test_what_others_have_agreed_discloses_nothing_to_a_third(api_as, charlie, proposal, url):
    services.move_proposal(proposal_id=proposal.pk, actor=charlie, status="accepted")
    outsider = MembershipFactory().user
    assert stages_that_disclose(api_as(outsider), url) == {"public"}


def test_the_default_is_acceptance(charlie, charlies_organization, api_as, url):
    made = api_as(charlie).patch(url, {"person": "Rikke"})
    assert made.json() == {
        "person": "Rikke", "email": "", "phone": "", "disclosed_from": "accepted",
    }  # fmt: skip


def test_who_changes_them(api, api_as, alice, vera, charlie, alices_organization, contact, url):
    assert api.patch(url, {"person": "X"}).status_code == 401
    for user in (alice, vera):
        assert api_as(user).patch(url, {"person": "X"}).status_code == 403
    own = f"/api/v1/organizations/{alices_organization.pk}/contact"
    assert api_as(vera).get(own).status_code == 200
    assert api_as(vera).patch(own, {"person": "X"}).status_code == 403
    client = api_as(charlie)
    for wrong in (
        {"email": "x"}, {"phone": "call me"}, {"disclosed_from": "later"}, {"fax": "1"},
        {"person": "x" * 151}, {"person": 5},
    ):  # fmt: skip
        answer = client.patch(url, wrong)
        assert answer.status_code == 400
        assert list(answer.json()["errors"]) == list(wrong)
    contact.refresh_from_db()
    assert contact.person == DETAILS["person"]


def test_seeing_is_on_record_once_a_day(
    api_as, alice, bob, charlie, facilitator, charlies_organization, matched, url
):
    disclose_from("matched")
    for user in (alice, alice, bob, charlie, facilitator):
        assert api_as(user).get(url).status_code == 200
    assert api_as(MembershipFactory().user).get(url).status_code == 403
    listing = f"/api/v1/organizations/{charlies_organization.pk}/disclosures"
    rows = api_as(charlie).get(listing).json()
    assert [(row["user"], row["stage"], row["as_facilitator"]) for row in rows] == [
        ("Frida", "public", True),
        ("Bob", "matched", False),
        ("Alice", "matched", False),
    ]
    assert rows[-1]["organizations"] == ["Alice Works"]
    assert api_as(alice).get(listing).status_code == 403
    assert Disclosure.objects.count() == 3


def test_what_is_public_is_not_on_record(api, api_as, alice, contact, url):
    disclose_from("public")
    assert api.get(url).status_code == api_as(alice).get(url).status_code == 200
    assert not Disclosure.objects.exists()


def test_of_a_private_organization_there_is_nothing(
    api_as, client_as, alice, charlies_organization, contact, url
):
    disclose_from("public")
    Organization.objects.update(visibility="private")
    assert api_as(alice).get(url).status_code == 404
    page = reverse("proposals:contact", args=[charlies_organization.pk])
    assert client_as(alice).get(page).status_code == 404


def test_the_page_shows_and_hides_the_same(
    client, client_as, alice, charlie, charlies_organization, matched
):
    page = reverse("proposals:contact", args=[charlies_organization.pk])
    assert client.get(page).status_code == 302
    html = client_as(alice).get(page).content.decode()
    assert "Not disclosed yet" in html
    assert not any(value in html for value in DETAILS.values())
    disclose_from("matched")
    html = client_as(alice).get(page).content.decode()
    assert all(value in html for value in DETAILS.values())
    assert client_as(alice).post(page, DETAILS).status_code == 403
    html = client_as(charlie).get(page).content.decode()
    assert "Alice Works" in html
    said = DETAILS | {"phone": "+45 99", "disclosed_from": "never"}
    assert client_as(charlie).post(page, said).status_code == 302
    assert Contact.objects.get().phone == "+45 99"
    assert client_as(charlie).post(page, said | {"email": "x"}).status_code == 400


def test_nothing_else_shows_contact_details(
    api_as, client_as, alice, facilitator, charlies_organization, proposal, matched
):
    """Whatever a viewer opens: only the page and the endpoint made for it show the details."""
    organization = charlies_organization.pk
    api_paths = [
        "/organizations", f"/organizations/{organization}", f"/organizations/{organization}/sites",
        f"/organizations/{organization}/resource-flows", "/sites", "/resource-flows",
        f"/resource-flows/{matched.pk}", "/matches", "/proposals", f"/proposals/{proposal.pk}",
        f"/proposals/{proposal.pk}/messages", "/users/me/organizations",
    ]  # fmt: skip
    pages = [
        reverse("organizations:organization-detail", args=[organization]),
        reverse("organizations:flow-detail", args=[matched.pk]),
        reverse("proposals:proposal-detail", args=[proposal.pk]),
        reverse("dashboard"),
        reverse("map"),
    ]
    for user in (alice, facilitator):
        texts = []
        for path in api_paths:
            answer = api_as(user).get(f"/api/v1{path}")
            assert answer.status_code == 200, path
            texts.append(json.dumps(answer.json(), ensure_ascii=False))
        texts += [client_as(user).get(page).content.decode() for page in pages]
        for text in texts:
            assert not any(value in text for value in DETAILS.values())
    contact = Contact.objects.get()
    html = client_as(facilitator).get(f"/admin/organizations/contact/{contact.pk}/change/")
    assert html.status_code == 200
    assert not any(value in html.content.decode() for value in DETAILS.values())


@pytest.mark.parametrize("size", [1, 10])
def test_the_record_costs_the_same_whatever_its_length(
    api_as, charlie, charlies_organization, contact, size, django_assert_max_num_queries
):
    for _ in range(size):
        user = MembershipFactory().user
        Disclosure.objects.create(
            organization=charlies_organization, user=user, stage="public", seen_on="2026-01-01"
        )
    client = api_as(charlie)
    with django_assert_max_num_queries(6):
        listing = f"/api/v1/organizations/{charlies_organization.pk}/disclosures"
        assert len(client.get(listing).json()) == size
