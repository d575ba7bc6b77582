"""What several people change at the same time."""

from functools import partial

import pytest

from organizations.models import Organization, ResourceFlow, Site
from tests.factories import MembershipFactory, ResourceFlowFactory, SiteFactory
from tests.matching.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ROUNDS = 8


@pytest.mark.parametrize(
    ("kind", "model", "mine", "yours"),
    [
        ("resource-flows", ResourceFlow, "name", "description"),
        ("sites", Site, "name", "city"),
        ("organizations", Organization, "name", "description"),
    ],
)
def test_of_two_changes_at_once_both_stay(api_as, kind, model, mine, yours):
    owner = MembershipFactory(role="owner")
    flow = ResourceFlowFactory(site__organization=owner.organization)
    changed = {"resource-flows": flow, "sites": flow.site, "organizations": flow.organization}[kind]

    def change(field: str, value: str) -> None:
        answer = api_as(owner.user).patch(f"/api/v1/{kind}/{changed.pk}", {field: value})
        assert answer.status_code == 200, answer.content

    for number in range(ROUNDS):
        value = f"Number {number}"
        assert at_once(partial(change, mine, value), partial(change, yours, value)) == []
        row = model.objects.get(pk=changed.pk)
        assert (getattr(row, mine), getattr(row, yours)) == (value, value)


@pytest.mark.parametrize("kind", ["sites", "organizations"])
def test_who_changes_what_is_being_deleted_hears_of_it(api_as, kind):
    for _ in range(ROUNDS):
        owner = MembershipFactory(role="owner")
        site = SiteFactory(organization=owner.organization)
        url = f"/api/v1/{kind}/{site.pk if kind == 'sites' else owner.organization_id}"
        codes = []

        def change(url=url, owner=owner, codes=codes) -> None:
            codes.append(api_as(owner.user).patch(url, {"name": "New"}).status_code)

        def delete(url=url, owner=owner, codes=codes) -> None:
            codes.append(api_as(owner.user).delete(url).status_code)

        assert at_once(change, delete) == []
        assert 204 in codes
        # Without the organization nobody has a role in it.
        assert set(codes) <= {204, 200, 403, 404, 409}
