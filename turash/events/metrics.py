"""The status of events in Prometheus' text format."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from turash.events.status import Status, read_status


class StatusCollector(Collector):
    """Reads the status when it is asked: one answer for the whole installation."""

    def collect(self) -> Iterator[Metric]:
        status = read_status()
        yield from _figures(status)
        dead = GaugeMetricFamily(
            "turash_event_dead_letters",
            "Deliveries that were given up.",
            labels=["handler", "event_type"],
        )
        for kind in status.dead_letters:
            dead.add_metric([kind.handler, kind.event_type], kind.count)
        yield dead


def _figures(status: Status) -> Iterator[Metric]:
    figures: dict[str, tuple[str, float]] = {
        "turash_event_deliveries_open": (
            "Deliveries that are neither done nor given up, counted up to the bound.",
            status.open_deliveries,
        ),
        "turash_event_deliveries_bound": (
            "Open deliveries beyond which publishing is refused.",
            status.bound,
        ),
        "turash_event_deliveries_due": (
            "Deliveries that a worker could take now.",
            status.due_deliveries,
        ),
        "turash_event_oldest_due_seconds": (
            "How long the longest waiting of them has been due.",
            status.oldest_due_s,
        ),
        "turash_queue_tasks_waiting": ("Tasks that wait for a worker.", status.tasks_waiting),
        "turash_queue_tasks_held": (
            "Tasks that a worker has taken, or that were put aside.",
            status.tasks_held,
        ),
        "turash_queue_oldest_held_task_seconds": (
            "Age of the longest of the tasks that were taken or put aside.",
            status.oldest_held_s,
        ),
        "turash_queue_oldest_task_seconds": (
            "Age of the longest waiting task.",
            status.oldest_task_s,
        ),
    }
    if status.clusters is not None:
        figures["turash_worker_clusters"] = (
            "Worker clusters that are alive.",
            len(status.clusters),
        )
        figures["turash_workers"] = (
            "Worker processes of these clusters.",
            sum(cluster.worker_count for cluster in status.clusters),
        )
    if status.stream is not None:
        figures["turash_stream_length"] = ("Entries of the stream.", status.stream.length)
        figures["turash_stream_unacknowledged"] = (
            "Entries that were read and are not yet acknowledged.",
            status.stream.unacknowledged,
        )
        figures["turash_stream_consumers"] = (
            "Consumers that have been heard of lately.",
            len(status.stream.consumers),
        )
    for name, (text, value) in figures.items():
        yield GaugeMetricFamily(name, text, value=value)


_registry = CollectorRegistry()
_registry.register(StatusCollector())


def exposition() -> bytes:
    """Return all figures in the text format."""
    return generate_latest(_registry)
