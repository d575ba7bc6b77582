"""docs/api/proposals.md comes out as it says."""

import pytest
from django.conf import settings

from tests.api.documented import examples, execute
from tests.factories import MembershipFactory
from tests.pages.conftest import pair  # noqa: F401

pytestmark = pytest.mark.django_db
PAGE = settings.BASE_DIR / "docs/api/proposals.md"


@pytest.fixture
def dora():
    return MembershipFactory()


@pytest.fixture
def known(pair, dora, alices_organization, charlies_organization) -> dict[str, str]:  # noqa: F811
    """Ids that the page begins with."""
    pair.output.current_cost_per_unit = 4
    pair.output.save()
    ids = {
        "alices": alices_organization,
        "charlies": charlies_organization,
        "doras": dora.organization,
        "heat": pair.output,
        "need": pair.input,
        "match": pair.match,
    }
    return {name: str(row.pk) for name, row in ids.items()}


def test_the_examples_of_the_documentation_hold(api_as, alice, charlie, dora, known):
    people = {"Alice": alice, "Charlie": charlie, "Dora": dora.user}
    executed = 0
    for example in examples(PAGE):
        execute(example, lambda who: api_as(people[who]), known)
        executed += 1
    # As many as there are fences: none is left out because it is written in another way.
    assert executed == PAGE.read_text().count("```") / 2 > 20
