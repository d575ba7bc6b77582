"""Several workers and clicks at the same import."""

from functools import partial

import pytest

from imports import services
from imports.models import ImportRow
from imports.services import working
from organizations.models import Site
from tests.factories import MembershipFactory
from tests.matching.threads import at_once
from turash.events.models import DomainEvent

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

COUNT = 60


def test_what_is_confirmed_and_worked_on_twice_at_once_is_written_once(
    settings, tmp_path, monkeypatch
):
    settings.IMPORTS_DIR = tmp_path / "imports"
    monkeypatch.setattr(working, "CHUNK", 7)
    owner = MembershipFactory(role="owner")
    rows = "".join(f"E-{number},Site {number},11.5,55.5\n" for number in range(COUNT))
    job = services.request_import(
        actor=owner.user,
        resource="sites",
        organization=owner.organization,
        name="sites.csv",
        chunks=[f"external_id,name,longitude,latitude\n{rows}".encode()],
    )
    work = partial(services.work, job.pk)
    confirm = partial(services.confirm_import, actor=owner.user, import_id=job.pk)

    assert at_once(work, work, work) == []
    (refused, also) = at_once(confirm, confirm, confirm)
    assert {type(refused), type(also)} == {services.NotReady}
    assert at_once(work, work, work) == []

    job.refresh_from_db()
    assert (job.status, job.error) == ("finished", "")
    assert job.counts == {"new": COUNT, "changed": 0, "unchanged": 0, "invalid": 0}
    assert Site.objects.filter(organization=owner.organization).count() == COUNT
    assert ImportRow.objects.filter(job=job).count() == COUNT
    assert DomainEvent.objects.filter(type="site_created").count() == COUNT
    assert not list(settings.IMPORTS_DIR.glob("*"))
