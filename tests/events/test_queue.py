"""The queue: woken at once, taken from in bulk and by one only, tasks put aside."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_q.conf import Conf
from django_q.models import OrmQ

from turash.events.queue import QueueBroker, enqueue


@pytest.mark.django_db
def test_tasks_come_oldest_first_and_several_at_a_time():
    for number in range(Conf.BULK + 1):
        enqueue("os.getpid", number=number)
    keys = list(OrmQ.objects.order_by("pk").values_list("pk", flat=True))
    broker = QueueBroker()
    assert [key for key, _ in broker.dequeue()] == keys[: Conf.BULK]
    assert [key for key, _ in broker.dequeue()] == keys[Conf.BULK :]


@pytest.mark.django_db
def test_a_task_is_handed_out_again_when_its_worker_is_surely_gone():
    enqueue("os.getpid")
    broker = QueueBroker()
    assert broker.dequeue()
    left = OrmQ.objects.get().lock - timezone.now()
    assert timedelta(seconds=Conf.TIMEOUT) < left <= timedelta(seconds=Conf.RETRY)


@pytest.mark.django_db
def test_a_task_that_was_put_aside_comes_later():
    enqueue("os.getpid", delay=timedelta(hours=1))
    broker = QueueBroker()
    assert not broker._take()
    OrmQ.objects.update(lock=timezone.now())
    assert len(broker._take()) == 1


@pytest.mark.django_db
def test_a_rolled_back_task_was_never_there():
    from django.db import transaction

    with transaction.atomic():
        enqueue("os.getpid")
        transaction.set_rollback(True)
    assert not OrmQ.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_two_clusters_never_take_the_same_task():
    for _ in range(100):
        enqueue("os.getpid")
    taken: list[list[int]] = [[], []]

    def take(number: int) -> None:
        broker = QueueBroker()
        while tasks := broker._take():
            taken[number] += [key for key, _ in tasks]
        connection.close()

    takers = [threading.Thread(target=take, args=[number]) for number in range(2)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert len(taken[0]) + len(taken[1]) == len({*taken[0], *taken[1]}) == 100


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_commit_wakes_who_waits(monkeypatch):
    monkeypatch.setattr(Conf, "POLL", 20)
    broker = QueueBroker()
    broker.dequeue()  # begins to listen

    def commit() -> None:
        time.sleep(0.3)
        enqueue("os.getpid")
        connection.close()

    helper = threading.Thread(target=commit)
    started = time.monotonic()
    helper.start()
    assert not broker.dequeue()
    assert broker.dequeue()
    assert 0.2 < time.monotonic() - started < 5
    helper.join()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_is_committed_between_a_look_and_the_wait_is_not_slept_over(monkeypatch):
    monkeypatch.setattr(Conf, "POLL", 20)
    broker = QueueBroker()
    broker.dequeue()
    assert not broker._take()
    helper = threading.Thread(target=lambda: (enqueue("os.getpid"), connection.close()))
    helper.start()
    helper.join()
    # The wake-up comes with this connection's next answer, before the wait begins.
    assert OrmQ.objects.count() == 1
    started = time.monotonic()
    broker._wait()
    assert time.monotonic() - started < 5
    assert broker.dequeue()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_lost_connection_is_made_anew():
    broker = QueueBroker()
    broker.dequeue()
    pid = connection.connection.info.backend_pid

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        connection.close()

    helper = threading.Thread(target=cut)
    helper.start()
    helper.join()
    assert broker.dequeue() is None
    enqueue("os.getpid")
    assert broker.dequeue()
