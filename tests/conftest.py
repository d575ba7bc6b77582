"""The cast and the stage: who signs in, and how events reach their handlers in tests."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.utils.module_loading import import_string
from django_q.models import OrmQ
from rest_framework.test import APIClient

from matching import engine
from organizations.models import Membership, User
from organizations.models.user import FACILITATORS
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from turash.events.dispatch import deliver
from turash.events.models import EventDelivery
from turash.local import postgres, redis


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what mostly waits: the other workers have something to do meanwhile."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    if "soak" in item.path.parts:
        return 0
    marker = item.get_closest_marker("django_db")
    # These leave no rows behind, not even those that all others begin with.
    if marker is None or not marker.kwargs.get("transaction"):
        return 1
    return 2 if item.path.name == "test_accessible.py" else 3


def pytest_collection_finish() -> None:
    """Spare the collector of garbage what is there to stay: modules, and the tests themselves."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: many tests wait for processes that they have started."""
    return (os.cpu_count() or 1) + 1


def start_servers() -> None:
    """Start the private servers; what runs here needs no power-cut safety."""
    if django_settings.DATABASES["default"]["HOST"] == postgres.connection_settings()["HOST"]:
        postgres.ensure_running(durable=False)
    if redis.redis_url() == django_settings.REDIS_URL:
        redis.ensure_running()


def pytest_configure(config: pytest.Config) -> None:
    """Have the servers run and the kernels compiled."""
    start_servers()
    if not hasattr(config, "workerinput"):
        # Once, before the workers of xdist and the processes of tests would all do it at once.
        engine.warm_up()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    """Changed flows are matched as soon as the test's worker runs; real workers keep the pause."""
    monkeypatch.setattr("matching.services.PAUSE", timedelta(0))


@pytest.fixture(scope="module")
def kept_rows(django_db_setup, django_db_blocker) -> Iterator[None]:
    """
    Keep the rows of a fixture that uses this one, for all tests of its module.

    Each test works in a savepoint of its own, so that it leaves them as they were. Tests of the
    module that do not ask for them may see them nevertheless.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def _member(role: str, organization=None, **fields) -> User:
    organization = organization or OrganizationFactory(name=f"{fields['full_name']} Works")
    user = UserFactory(**fields)
    MembershipFactory(user=user, organization=organization, role=role)
    return user


@pytest.fixture
def alice(db) -> User:
    """Owner of an organization."""
    return _member(Membership.Role.OWNER, email="alice@example.org", full_name="Alice")


@pytest.fixture
def alices_organization(alice):
    return alice.organizations.get()


@pytest.fixture
def bob(alices_organization) -> User:
    """Her colleague, a member."""
    return _member(
        Membership.Role.MEMBER, alices_organization, email="bob@example.org", full_name="Bob"
    )


@pytest.fixture
def vera(alices_organization) -> User:
    """Her colleague who only reads."""
    return _member(
        Membership.Role.VIEWER, alices_organization, email="vera@example.org", full_name="Vera"
    )


@pytest.fixture
def charlie(db) -> User:
    """Owner of another organization."""
    return _member(Membership.Role.OWNER, email="charlie@example.org", full_name="Charlie")


@pytest.fixture
def charlies_organization(charlie):
    return charlie.organizations.get()


@pytest.fixture
def facilitator(db) -> User:
    user = UserFactory(email="facilitator@example.org", full_name="Frida", is_staff=True)
    user.groups.add(Group.objects.get_or_create(name=FACILITATORS)[0])
    return user


@pytest.fixture
def api() -> APIClient:
    """An anonymous caller."""
    return APIClient()


@pytest.fixture
def api_as() -> Callable[[User], APIClient]:
    """Callers that are signed in."""

    def client_of(user: User) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return client_of


@pytest.fixture
def client_as() -> Callable[[User], Client]:
    """Browsers that are signed in."""

    def client_of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def run_events(django_capture_on_commit_callbacks) -> Callable[[], None]:
    """
    Do what the worker would: deliver every open event, and the events that this causes.

    Runs queued tasks other than deliveries, too. Channel pokes are sent as after a commit.
    """

    return lambda: work_off(lambda: django_capture_on_commit_callbacks(execute=True))


def work_off(committing: Callable[[], AbstractContextManager] = nullcontext) -> None:
    """Do what the workers would until nothing is left to do."""
    for _ in range(20):
        events = set(EventDelivery.objects.open().values_list("event", flat=True))
        tasks = [
            row.task
            for row in OrmQ.objects.order_by("pk")
            if row.func() != "turash.events.tasks.dispatch"
        ]
        OrmQ.objects.all().delete()
        if not events and not tasks:
            return
        with committing():
            for event_id in sorted(events):
                deliver([event_id], others=0)
            for task in tasks:
                _call(task)
    raise AssertionError("The events do not come to an end.")


def _call(task: dict) -> None:
    function = task["func"]
    if isinstance(function, str):
        function = import_string(function)
    function(*task["args"], **task["kwargs"])
