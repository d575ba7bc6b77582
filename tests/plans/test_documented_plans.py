"""docs/plans.md comes out as it says."""

import pytest
from django.conf import settings

from tests.api.documented import examples, execute

pytestmark = pytest.mark.django_db
PAGE = settings.BASE_DIR / "docs/plans.md"


def test_the_examples_of_the_documentation_hold(
    api_as, alice, alices_organization, region, run_events
):
    known = {
        "alices": str(alices_organization.pk),
        "dear": str(region.match(region.dear).pk),
        "cheap": str(region.match(region.cheap).pk),
    }
    executed = 0
    for example in examples(PAGE):
        execute(example, lambda who: api_as({"Alice": alice}[who]), known)
        run_events()
        executed += 1
    # As many as there are fences: none is left out because it is written in another way.
    assert executed == PAGE.read_text().count("```") / 2 > 5
