"""What the service counts, in the text format that Prometheus reads."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import prometheus_client as prometheus
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from stepladder.service.served import Served

EDGES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]  # when each count began says nothing that is asked here


class Metrics:
    """Counts since the start, kept by each application for itself."""

    def __init__(self) -> None:
        self.registry = prometheus.CollectorRegistry()
        labels = ("path", "method", "status")
        self._requests = prometheus.Counter(
            "stepladder_requests", "Requests answered.", labels, registry=self.registry
        )
        self._seconds = prometheus.Histogram(
            "stepladder_request_seconds", "Seconds until the answer.", ("path",),
            buckets=EDGES, registry=self.registry,
        )  # fmt: skip
        self._closed = prometheus.Counter(
            "stepladder_connections_closed", "Connections that kept to no limit, or made room.",
            ("why",), registry=self.registry,
        )  # fmt: skip
        started = "stepladder_start_time_seconds"
        prometheus.Gauge(started, "When it started.", registry=self.registry).set(time.time())
        self.reloads: Counter[tuple[str, str]] = Counter()  # question, outcome

    def count(self, path: str, method: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        self._requests.labels(path, method, str(status)).inc()
        self._seconds.labels(path).observe(seconds)

    def closed(self, why: str) -> None:
        """One connection that was closed for what it did, or to make room."""
        self._closed.labels(why).inc()

    def text(self, served: Iterable[Served], degraded: Iterable[str]) -> bytes:
        """What whoever asks may see, as Prometheus reads it."""
        theirs = prometheus.CollectorRegistry()
        theirs.register(_Projects(list(served), set(degraded), self.reloads))
        return prometheus.generate_latest(self.registry) + prometheus.generate_latest(theirs)


@dataclass(eq=False)  # registered by who it is
class _Projects(Collector):
    """What is in production in some projects, worked out when it is asked."""

    served: list[Served]
    degraded: set[str]
    reloads: Counter[tuple[str, str]] = field(default_factory=Counter)

    def collect(self) -> Iterator[Metric]:
        """One metric after the other."""
        words = "1 where a newer model was refused and an older one serves."
        degraded = GaugeMetricFamily("stepladder_degraded", words, labels=["question"])
        words = "Days since the day the predictions are of."
        age = GaugeMetricFamily("stepladder_predictions_age_days", words, labels=["question"])
        labels = ["question", "rung", "release"]
        info = GaugeMetricFamily("stepladder_release_info", "What is in production.", labels=labels)
        labels = ["question", "outcome"]
        taken = CounterMetricFamily(
            "stepladder_reloads", "New models taken up, or refused.", labels=labels
        )
        for one in self.served:
            degraded.add_metric([one.name], float(one.name in self.degraded))
            info.add_metric([one.name, one.release.manifest.rung, one.release.hash[:12]], 1.0)
            if one.published:
                age.add_metric([one.name], _age(one.published.stored.as_of))
            for (name, outcome), n in self.reloads.items():
                if name == one.name:
                    taken.add_metric([name, outcome], n)
        yield from (degraded, age, info, taken)


def _age(as_of: str) -> float:
    return float((datetime.now(UTC).date() - date.fromisoformat(as_of)).days)
