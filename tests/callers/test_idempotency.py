"""`Idempotency-Key`: a request that is sent again is done once, and answered the same."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django_q.models import Schedule

from organizations.models import Membership, Organization
from tests.api.test_bad_input import assert_problem
from tests.callers.test_tokens import bearer
from tests.factories import MembershipFactory
from tests.matching.threads import at_once
from turash.callers import services, tasks
from turash.callers.models import KeptAnswer, Token

API = "/api/v1"
URL = f"{API}/organizations"


class Caller:
    """Sends with a token and a key."""

    def __init__(self, api, user) -> None:
        self.api = api
        self.token = services.make_token(user)[1]

    def post(self, body, key: str = "k", url: str = URL, **extra):
        headers = bearer(self.token)["headers"] | {"Idempotency-Key": key}
        return self.api.post(url, body, headers=headers, **extra)


@pytest.fixture
def caller(api, alice) -> Caller:
    return Caller(api, alice)


def told(answer) -> tuple:
    return answer.status_code, answer.content, answer["Content-Type"], answer.get("ETag")


@pytest.mark.django_db
class TestRepeats:
    def test_the_same_again_is_answered_and_not_done(self, caller):
        first, again = caller.post({"name": "New"}), caller.post({"name": "New"})
        assert first.status_code == 201
        assert told(again) == told(first)
        assert "Idempotency-Replayed" not in first
        assert again["Idempotency-Replayed"] == "true"
        assert Organization.objects.filter(name="New").count() == 1
        other = caller.post({"name": "New"}, key="other")
        assert other.json()["id"] != first.json()["id"]

    def test_another_request_with_the_key_is_refused(self, caller):
        caller.post({"name": "New"})
        for body, url in [
            ({"name": "Newer"}, URL), ({"name": "New"}, f"{URL}?x=1"), ({}, f"{API}/tokens"),
        ]:  # fmt: skip
            answer = caller.post(body, url=url)
            assert_problem(answer, 409)
            assert answer.json()["type"] == "urn:turash:problem:idempotency_key_reused"
        assert Organization.objects.filter(name__startswith="New").count() == 1
        assert Token.objects.count() == 1

    def test_what_was_refused_is_refused_again(self, caller, alices_organization):
        wrong = caller.post({"name": ""})
        assert_problem(wrong, 400)
        assert told(caller.post({"name": ""})) == told(wrong)
        body = {"email": "nobody@example.org", "role": "member"}
        url = f"{URL}/{alices_organization.pk}/members"
        first = caller.post(body, key="m", url=url)
        assert told(caller.post(body, key="m", url=url)) == told(first)

    def test_who_had_no_right_or_an_old_tag_may_try_again_with_the_key(
        self, caller, alice, alices_organization
    ):
        headers = {"Idempotency-Key": "k"}
        reader = bearer(services.make_token(alice, scope="read")[1])["headers"]
        assert_problem(caller.api.post(URL, {"name": "New"}, headers=reader | headers), 403)
        done = caller.post({"name": "New"})
        assert (done.status_code, "Idempotency-Replayed" in done) == (201, False)

        url, body = f"{URL}/{alices_organization.pk}", {"email": "x@example.org", "role": "member"}
        tag = caller.api.get(f"{url}/members", **bearer(caller.token))["ETag"]
        headers = bearer(caller.token)["headers"] | {"Idempotency-Key": "m"}
        for given, status in (('"abc"', 412), (tag, 400)):
            answer = caller.api.post(f"{url}/members", body, headers=headers | {"If-Match": given})
            assert_problem(answer, status)

    def test_keys_belong_to_their_users(self, api, caller, charlie):
        mine = caller.post({"name": "New"})
        theirs = Caller(api, charlie).post({"name": "New"})
        assert theirs.json()["id"] != mine.json()["id"]
        assert "Idempotency-Replayed" not in theirs

    def test_who_is_not_signed_in_is_not_kept(self, api, caller):
        answer = api.post(URL, {"name": "New"}, headers={"Idempotency-Key": "k"})
        assert_problem(answer, 401)
        caller.post({"name": "New"})
        Token.objects.all().delete()
        assert_problem(caller.post({"name": "New"}), 401)
        assert KeptAnswer.objects.count() == 1

    def test_what_means_try_again_is_tried_again(self, caller, alice, settings):
        settings.RATE_LIMIT_PREFIX = f"test-{alice.pk}"
        settings.API_RATES = settings.API_RATES | {"user": "1/1"}
        caller.api.get(URL, **bearer(caller.token))
        assert_problem(caller.post({"name": "New"}), 429)
        settings.API_RATES = settings.API_RATES | {"user": "5000/1000"}
        assert caller.post({"name": "New"}).status_code == 201

    def test_a_crash_leaves_neither_work_nor_key(self, caller, monkeypatch):
        caller.api.raise_request_exception = False
        with monkeypatch.context() as patch:
            patch.setattr(
                "organizations.api.views.OrganizationViewSet.answer",
                lambda *args, **kwargs: 1 / 0,
            )
            assert_problem(caller.post({"name": "New"}), 500)
        assert not Organization.objects.filter(name="New").exists()
        assert caller.post({"name": "New"}).status_code == 201

    def test_a_new_token_is_not_shown_again(self, caller):
        first = caller.post({"name": "ERP"}, url=f"{API}/tokens").json()
        again = caller.post({"name": "ERP"}, url=f"{API}/tokens").json()
        assert again == first | {"token": None}
        assert first["token"].encode() not in bytes(KeptAnswer.objects.get().body)

    def test_keys_have_a_form(self, caller):
        for key in ("", "x" * 256, "a\tb", "é"):
            assert_problem(caller.post({"name": "New"}, key=key), 400)
        assert caller.post({"name": "New"}, key="x" * 255).status_code == 201

    def test_other_methods_and_pages_know_no_keys(self, caller, client_as, alice):
        headers = bearer(caller.token)["headers"] | {"Idempotency-Key": "k"}
        assert caller.api.get(URL, headers=headers).status_code == 200
        client_as(alice).post("/tokens", {"scope": "read"}, headers={"Idempotency-Key": "k"})
        assert not KeptAnswer.objects.exists()

    def test_bodies_of_forms_are_compared_and_still_read(self, caller):
        for content in (b"one", b"one", b"two"):
            file = SimpleUploadedFile("a.txt", content)
            answer = caller.post({"file": file}, format="multipart")
            # This path reads JSON alone, and says so each time.
            assert answer.status_code in (409, 415)
        long = {"name": "New", "description": "x" * 400_000}
        assert_problem(caller.post(long, key="long"), 400, "description")

    def test_keys_are_forgotten_after_a_day(self, caller):
        caller.post({"name": "New"})
        hours = timedelta(hours=1)
        KeptAnswer.objects.update(created_at=timezone.now() - 23 * hours)
        tasks.prune()
        assert "Idempotency-Replayed" in caller.post({"name": "New"})
        KeptAnswer.objects.update(created_at=timezone.now() - 25 * hours)
        assert "Idempotency-Replayed" not in caller.post({"name": "New"})
        KeptAnswer.objects.update(created_at=timezone.now() - 25 * hours)
        tasks.prune()
        assert not KeptAnswer.objects.exists()
        assert Schedule.objects.filter(func="turash.callers.tasks.prune").count() == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_at_once_one_is_done(api):
    user = MembershipFactory(role=Membership.Role.OWNER).user
    token = services.make_token(user)[1]
    for number in range(4):
        answers = []

        def send(number=number, answers=answers) -> None:
            headers = bearer(token)["headers"] | {"Idempotency-Key": f"k{number}"}
            answers.append(type(api)().post(URL, {"name": f"New {number}"}, headers=headers))

        assert at_once(*[send] * 5) == []
        assert len({told(answer) for answer in answers}) == 1
        assert answers[0].status_code == 201
        assert Organization.objects.filter(name=f"New {number}").count() == 1
