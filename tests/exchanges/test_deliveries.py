"""What went over: who reports and confirms it, what is refused, and what a correction undoes."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from exchanges import services
from exchanges.models import Delivery
from tests.exchanges.conftest import propose, put
from tests.factories import MembershipFactory
from turash.errors import InvalidInput

pytestmark = pytest.mark.django_db

MARCH = {"month": "2026-03", "quantity": 90.5}


def test_a_month_is_reported_by_one_side_and_confirmed_by_the_other(
    api_as, alice, charlie, alices_organization, charlies_organization, url
):
    reported = api_as(charlie).post(f"{url}/deliveries", MARCH | {"note": "Weighed"})
    assert reported.status_code == 201, reported.content
    row = reported.json()
    assert (row["month"], row["quantity"], row["note"]) == ("2026-03", 90.5, "Weighed")
    assert row["reported_by_org_id"] == str(charlies_organization.pk)
    assert row["confirmed_at"] is None
    confirm = f"{url}/deliveries/{row['id']}/confirm"
    assert api_as(charlie).post(confirm, {"quantity": 90.5}).status_code == 403
    confirmed = api_as(alice).post(confirm, {"quantity": 90.5})
    assert confirmed.json()["confirmed_by_org_id"] == str(alices_organization.pk)
    again = api_as(alice).post(confirm, {"quantity": 90.5})
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:turash:problem:already_confirmed",
    )
    assert api_as(alice).get(f"{url}/deliveries").json() == [confirmed.json()]


def test_a_correction_takes_the_confirmation_away_and_the_same_again_does_not(
    api_as, alice, charlie, url
):
    key = api_as(charlie).post(f"{url}/deliveries", MARCH).json()["id"]
    api_as(alice).post(f"{url}/deliveries/{key}/confirm", {"quantity": 90.5})
    same = api_as(charlie).post(f"{url}/deliveries", MARCH).json()
    assert same["id"] == key
    assert same["confirmed_at"]
    corrected = api_as(charlie).post(f"{url}/deliveries", MARCH | {"quantity": 91}).json()
    assert (corrected["id"], corrected["confirmed_at"]) == (key, None)


def test_what_was_corrected_meanwhile_is_not_confirmed(api_as, alice, charlie, url):
    key = api_as(charlie).post(f"{url}/deliveries", MARCH).json()["id"]
    api_as(charlie).post(f"{url}/deliveries", MARCH | {"quantity": 900})
    answer = api_as(alice).post(f"{url}/deliveries/{key}/confirm", {"quantity": 90.5})
    assert answer.status_code == 409
    assert answer.json()["type"] == "urn:turash:problem:changed_meanwhile"
    assert not Delivery.objects.get().confirmed_at


def test_who_acts_for_both_sides_does_not_confirm_to_themselves(
    api_as, alice, charlies_organization, url
):
    MembershipFactory(user=alice, organization=charlies_organization, role="member")
    key = api_as(alice).post(f"{url}/deliveries", MARCH).json()["id"]
    answer = api_as(alice).post(f"{url}/deliveries/{key}/confirm", {"quantity": 90.5})
    assert answer.status_code == 403


def test_who_may(api, api_as, bob, vera, facilitator, url, exchange):
    outsider = MembershipFactory().user
    assert api.post(f"{url}/deliveries", MARCH).status_code == 401
    assert api_as(outsider).post(f"{url}/deliveries", MARCH).status_code == 404
    assert api_as(outsider).get(f"{url}/deliveries").status_code == 404
    assert api_as(outsider).get(f"{url}/progress").status_code == 404
    assert api_as(vera).post(f"{url}/deliveries", MARCH).status_code == 403
    assert api_as(facilitator).post(f"{url}/deliveries", MARCH).status_code == 403
    assert api_as(bob).post(f"{url}/deliveries", MARCH).status_code == 201
    assert api_as(vera).get(f"{url}/deliveries").status_code == 200
    assert api_as(facilitator).get(f"{url}/deliveries").status_code == 200


@pytest.mark.parametrize("status", ["pending", "contracted", "failed"])
def test_not_before_it_runs_nor_after_it_failed(
    api_as, alice, charlie, alices_organization, ash, status
):
    proposal = propose(alice, alices_organization, ash)
    put(proposal, status)
    url = f"/api/v1/proposals/{proposal.pk}/deliveries"
    answer = api_as(charlie).post(url, MARCH)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:turash:problem:not_running")


def test_what_is_completed_can_still_be_reported(api_as, charlie, exchange, url):
    put(exchange, "completed")
    assert api_as(charlie).post(f"{url}/deliveries", MARCH).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"month": "2026-3"}, "month"),
        ({"month": "2026-13"}, "month"),
        ({"month": "2026-03-01"}, "month"),
        ({"month": "1999-12"}, "month"),
        ({"month": "9999-12"}, "month"),
        ({"month": "٢٠٢٦-03"}, "month"),
        ({"month": 202603}, "month"),
        ({"month": None}, "month"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 2e12}, "quantity"),
        ({"quantity": "much"}, "quantity"),
        ({"quantity": 1.23456789}, "quantity"),
        ({"note": "x" * 501}, "note"),
        ({"unit": "kg"}, "unit"),
    ],
)
def test_what_is_wrong_is_named(api_as, charlie, url, changes, field):
    answer = api_as(charlie).post(f"{url}/deliveries", MARCH | changes)
    assert answer.status_code == 400, answer.content
    assert field in answer.json()["errors"], answer.json()
    assert not Delivery.objects.exists()


def test_nothing_is_reported_for_the_future(api_as, charlie, url):
    this_month = timezone.now().date().replace(day=1)
    next_month = (this_month + timedelta(days=32)).replace(day=1)
    for month, status in ((next_month, 400), (this_month, 201)):
        body = {"month": f"{month:%Y-%m}", "quantity": 1}
        assert api_as(charlie).post(f"{url}/deliveries", body).status_code == status


def upload(client, url, text):
    content = text.encode() if isinstance(text, str) else text
    return client.post(f"{url}/deliveries/import", content, content_type="text/csv")


@pytest.mark.parametrize(
    "text",
    [
        "month,quantity,note\n2026-01,10.5,first\n2026-02,20,\n",
        "\ufeffmonth;quantity;note\r\n2026-01;10,5;first\r\n\r\n2026-02;20;\r\n",
        "Month,Quantity,Note\n2026-02-01,20,\n2026-01-01,10.5,first",
    ],
)
def test_a_csv_file_is_read_in_its_usual_forms(api_as, charlie, url, text):
    answer = upload(api_as(charlie), url, text)
    assert answer.status_code == 201, answer.content
    rows = [(row.month, row.quantity, row.note) for row in Delivery.objects.order_by("month")]
    assert rows == [
        (date(2026, 1, 1), Decimal("10.5"), "first"),
        (date(2026, 2, 1), Decimal(20), ""),
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "file"),
        ("month,quantity\n", "file"),
        ("quantity,month\n1,2026-01", "file"),
        (b"month,quantity\n2026-01,\xff", "file"),
        ("month,quantity\n2026-01,1\0", "file"),
        ('month,quantity\n"2026-01,1', "file"),
        ("month,quantity\n2026-01,1\n2026-02,2\nMarch,3", "rows[4].month"),
        ("month,quantity\n2026-01,1,234.5", "rows[2]"),
        ("month,quantity\n2026-01,=1+1", "rows[2].quantity"),
        ("month,quantity\n2026-01,-1", "rows[2].quantity"),
        ("month,quantity\n2026-01,1e5", "rows[2].quantity"),
        ("month,quantity\n2026-01,NaN", "rows[2].quantity"),
        ("month;quantity\n2026-01;1.234,5", "rows[2].quantity"),
        ("month,quantity\n2026-01,1\n2026-01,2", "rows[3].month"),
        ("month,quantity\n2099-01,1", "rows[2].month"),
        ("month,quantity\n" + "2026-01,1\n" * 601, "file"),
    ],
)
def test_of_a_csv_file_all_is_taken_or_nothing(api_as, charlie, url, text, path):
    answer = upload(api_as(charlie), url, text)
    assert answer.status_code == 400, answer.content
    assert path in answer.json()["errors"], answer.json()
    assert not Delivery.objects.exists()


def test_a_huge_file_is_413_and_another_type_415(api_as, charlie, url):
    assert upload(api_as(charlie), url, "x" * (256 * 1024 + 1)).status_code == 413
    answer = api_as(charlie).post(f"{url}/deliveries/import", MARCH)
    assert answer.status_code == 415


def test_both_sides_are_told(api_as, alice, charlie, url, run_events):
    upload(api_as(charlie), url, "month,quantity\n2026-01,1\n2026-02,1")
    run_events()
    for user in (alice, charlie):
        told = [row["type"] for row in api_as(user).get("/api/v1/notifications").json()]
        assert told.count("deliveries_reported") == 1


def test_the_database_holds_the_rules_too(exchange, alices_organization, charlies_organization):
    def refused(**fields):
        values = {
            "proposal": exchange,
            "month": date(2026, 3, 1),
            "quantity": 1,
            "reported_for": alices_organization,
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            Delivery.objects.create(**values | fields)

    refused(month=date(2026, 3, 2))
    refused(quantity=-1)
    refused(confirmed_for=charlies_organization)
    refused(confirmed_for=alices_organization, confirmed_at=timezone.now())


def test_declarations_are_of_ones_own_side(
    api_as, alice, charlie, bob, vera, alices_organization, charlies_organization, url
):
    body = {"month": "2026-02", "jobs": 2.5, "private_investment_eur": 40000}
    made = api_as(bob).post(f"{url}/declarations", body)
    assert made.status_code == 201, made.content
    assert made.json()["organization_id"] == str(alices_organization.pk)
    other = body | {"organization_id": str(charlies_organization.pk)}
    assert api_as(bob).post(f"{url}/declarations", other).status_code == 403
    assert api_as(vera).post(f"{url}/declarations", body).status_code == 403
    api_as(charlie).post(f"{url}/declarations", body)
    api_as(alice).post(f"{url}/declarations", body | {"jobs": 3})
    rows = api_as(alice).get(f"{url}/declarations").json()
    assert sorted((row["jobs"], row["private_investment_eur"]) for row in rows) == [
        (2.5, 40000.0),
        (3.0, 40000.0),
    ]
    for wrong in ({"jobs": -1}, {"jobs": 10**6}, {"month": "2099-01"}, {"month": "x"}):
        assert api_as(alice).post(f"{url}/declarations", body | wrong).status_code == 400


def test_services_refuse_without_the_api(exchange, charlie, vera):
    row = services.Reported(date(2026, 3, 1), Decimal("NaN"))
    with pytest.raises(InvalidInput):
        services.report_deliveries(proposal=exchange, actor=charlie, rows=[row])
    with pytest.raises(PermissionDenied):
        services.report_deliveries(proposal=exchange, actor=vera, rows=[])
    with pytest.raises(ValidationError):
        services.declare(proposal=exchange, actor=charlie, month=date(2026, 3, 2))
