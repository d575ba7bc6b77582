"""The numbers that the database gives to flows."""

import pytest

from organizations.models import ResourceFlow
from organizations.services import save_flow
from tests.factories import ResourceFlowFactory

pytestmark = pytest.mark.django_db


def test_a_flow_takes_one_number_however_many_there_are():
    like = ResourceFlowFactory.create_batch(5)[-1]
    last = ResourceFlow.objects.latest("number").number
    for _ in range(2):
        save_flow(
            ResourceFlow(
                site=like.site,
                resource_type=like.resource_type,
                direction=like.direction,
                name="Another",
                amount=like.amount,
                unit=like.unit,
                currency=like.currency,
            )
        )
    assert ResourceFlow.objects.latest("number").number == last + 2
