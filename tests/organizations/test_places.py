"""Where things are."""

import pytest
from django.db import connection

from organizations.models import ResourceFlow, Site

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [ResourceFlow, Site])
@pytest.mark.parametrize("box", [(11, 55, 12, 56), (170, -10, -170, 10)])
def test_a_box_is_looked_up_in_an_index(model, box):
    with connection.cursor() as cursor:
        # There are too few rows for an index to be worth it by itself, or for one to be the best.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_indexscan = off")
    assert "_on_plane" in model.objects.in_bbox(*box).explain()
