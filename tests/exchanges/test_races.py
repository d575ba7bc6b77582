"""What the two sides, or several workers, do in the same moment, over connections of their own."""

from functools import partial

import pytest
from django.core import mail

from exchanges.models import Delivery
from tests.factories import UserFactory
from tests.matching.threads import at_once
from turash.mail import tasks
from turash.mail.models import Mail

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

ROUNDS = 12


def test_nobody_confirms_what_is_corrected_in_the_same_moment(
    api_as,
    alice,
    charlie,
    exchange,
    url,
):
    outcomes = set()
    for number in range(ROUNDS):
        month = f"{2000 + number // 12}-{number % 12 + 1:02}"
        report = partial(api_as(charlie).post, f"{url}/deliveries")
        key = report({"month": month, "quantity": 90}).json()["id"]
        codes = {}

        def confirm(codes=codes, key=key) -> None:
            answer = api_as(alice).post(f"{url}/deliveries/{key}/confirm", {"quantity": 90})
            codes["confirm"] = answer.status_code

        def correct(codes=codes, month=month, report=report) -> None:
            codes["correct"] = report({"month": month, "quantity": 900}).status_code

        assert at_once(confirm, correct) == []
        assert codes["correct"] == 201
        assert codes["confirm"] in (200, 409)
        row = Delivery.objects.get(pk=key)
        assert (row.quantity, row.confirmed_at) == (900, None)
        outcomes.add(codes["confirm"])
    assert outcomes <= {200, 409}


def test_both_sides_report_the_same_month(api_as, alice, charlie, exchange, url):
    for number in range(ROUNDS // 2):
        month = f"{2000 + number // 12}-{number % 12 + 1:02}"
        codes = []

        def report(user, quantity, codes=codes, month=month) -> None:
            body = {"month": month, "quantity": quantity}
            codes.append(api_as(user).post(f"{url}/deliveries", body).status_code)

        assert at_once(partial(report, alice, 1), partial(report, charlie, 2)) == []
        assert codes == [201, 201]
    assert Delivery.objects.count() == ROUNDS // 2


def test_several_workers_send_an_e_mail_once(db):
    user = UserFactory()
    for number in range(ROUNDS):
        letter = Mail.objects.create(
            user=user, key=str(number), topic="all", subject=f"{number}", body="", language="en"
        )
        send = partial(tasks.send, mail_id=letter.pk)
        assert at_once(send, send, send) == []
    assert [letter.subject for letter in mail.outbox] == [f"{n}" for n in range(ROUNDS)]
    assert set(Mail.objects.values_list("status", "attempts")) == {("sent", 1)}
