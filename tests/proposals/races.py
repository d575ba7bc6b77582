"""Several people at once, each with a database connection of their own, round after round."""

from collections.abc import Callable, Iterable
from threading import Barrier, Thread
from typing import Any

from django.db import connection

PATIENCE_S = 60


def race(runners: Iterable[Callable[[int], Any]], *, rounds: int) -> list[list[Any]]:
    """
    Let the runners start each round in the same moment; return what each returned or raised.

    Rows of the answer are rounds, columns runners.
    """
    runners = list(runners)
    outcomes: list[list[Any]] = [[None] * len(runners) for _ in range(rounds)]
    start = Barrier(len(runners), timeout=PATIENCE_S)

    def run(place: int, runner: Callable[[int], Any]) -> None:
        try:
            connection.ensure_connection()
            for number in range(rounds):
                start.wait()
                try:
                    outcomes[number][place] = runner(number)
                except Exception as error:
                    outcomes[number][place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=args) for args in enumerate(runners)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes
