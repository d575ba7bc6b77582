"""Things that happen at the same time."""

from threading import Barrier, Thread

from django.db import connection


def at_once(*jobs) -> list[Exception]:
    """Run jobs in threads that start together; returns what they raised."""
    start = Barrier(len(jobs))
    raised: list[Exception] = []

    def run(job):
        start.wait()
        try:
            job()
        except Exception as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised
