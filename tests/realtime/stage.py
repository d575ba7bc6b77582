"""People, what they are told, and database sessions, for tests of the websocket."""

from asgiref.sync import sync_to_async
from django.db import connection

from organizations.models import Membership
from tests.factories import MembershipFactory
from turash.callers.services import make_token
from turash.events.catalogue import OrganizationCreated
from turash.realtime.models import Notification
from turash.realtime.services import notify

in_database = sync_to_async


@in_database
def member(**fields) -> Membership:
    return MembershipFactory(**fields)


@in_database
def token_of(user) -> str:
    return make_token(user)[1]


def tell_now(*organization_ids) -> None:
    """Tell organizations something, from a thread."""
    notify(
        OrganizationCreated(organization_id=organization_ids[0]),
        organization_ids=organization_ids,
        kind="organization",
        subject_id=organization_ids[0],
        url="/organizations/x",
    )


tell = in_database(tell_now)


@in_database
def ids_of(*organization_ids) -> list[int]:
    news = Notification.objects.filter(organization__in=organization_ids)
    return list(news.order_by("pk").values_list("pk", flat=True))


_LISTENING = "datname = current_database() AND query LIKE 'LISTEN%'"


@in_database
def count_listening_sessions() -> int:
    """Count the sessions that wait for notifications."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {_LISTENING}")
        return cursor.fetchone()[0]


@in_database
def end_listening_sessions() -> int:
    """End the sessions that wait for notifications, as a restart of PostgreSQL would."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {_LISTENING}"
        )
        return cursor.fetchone()[0]
