"""Lists of the admin lead to the page that takes files of their rows."""

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile

from imports.models import Import
from imports.resources import RESOURCES
from organizations.models import Sector, WasteCode

pytestmark = pytest.mark.django_db


def test_every_importable_list_leads_to_its_dry_run(facilitator, client_as, run_events):
    browser = client_as(facilitator)
    offered = {}
    for model in {resource.model for resource in RESOURCES.values()}:
        model_admin = admin.site.get_model_admin(model)
        page = browser.get(f"/admin/{model._meta.label_lower.replace('.', '/')}/")
        assert model_admin.has_act_permission(page.wsgi_request)
        for label, address in page.context["import_pages"]:
            assert address in page.content.decode()
            form = browser.get(address).context["form"]
            offered[form["resource"].value()] = str(label)
    assert offered.keys() == RESOURCES.keys()
    assert offered["hotmaps"] == "Import Hotmaps"
    assert {label for name, label in offered.items() if name != "hotmaps"} == {"Import"}

    # From there a file is looked at first; nothing is written before that is confirmed.
    for resource, model in (("waste-codes", WasteCode), ("sectors", Sector)):
        code = {"waste-codes": "990101", "sectors": "35.30"}[resource]
        file = SimpleUploadedFile("codes.csv", f"code,description\n{code},Something\n".encode())
        browser.post("/imports/new", {"resource": resource, "file": file})
        before = model.objects.count()
        run_events()
        job = Import.objects.order_by("created_at").last()
        assert (job.resource, job.status, job.invalid_count) == (resource, "checked", 0)
        assert model.objects.count() == before
        browser.post(f"/imports/{job.pk}/confirm")
        run_events()
        assert model.objects.count() == before + job.new_count
        assert job.new_count == 1


def test_who_only_reads_is_offered_none(client_as, analyst_user):
    page = client_as(analyst_user).get("/admin/organizations/site/")
    assert page.context["import_pages"] == []


@pytest.fixture
def analyst_user(db):
    from django.contrib.auth.models import Group

    from organizations.models.user import StaffRole
    from tests.factories import UserFactory

    user = UserFactory(email="analyst@example.org", is_staff=True)
    user.groups.add(Group.objects.get(name=StaffRole.ANALYST.value))
    return user
