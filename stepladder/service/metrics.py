"""What the service counts, in the text format that Prometheus reads.

Written by hand: the format is a page long, and the client library keeps a process-wide registry, which
would be the only shared state here.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from stepladder.service.served import Served

EDGES = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
Line = tuple[dict[str, str], float]


@dataclass
class Metrics:
    """Counts since the start."""

    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    seconds: defaultdict[str, list[float]] = field(
        default_factory=lambda: defaultdict(lambda: [0.0] * (len(EDGES) + 2))
    )
    reloads: Counter[tuple[str, str]] = field(default_factory=Counter)
    started: float = field(default_factory=time.time)

    def count(self, path: str, method: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        self.requests[path, method, str(status)] += 1
        buckets = self.seconds[path]
        buckets[bisect_left(EDGES, seconds)] += 1
        buckets[-1] += seconds

    def text(self, served: Iterable[Served], degraded: Iterable[str]) -> str:
        """What whoever asks may see, as Prometheus reads it."""
        there, bad = list(served), set(degraded)
        lines = [
            *_block("requests_total", "counter", "Requests answered.", self._requests()),
            *self._histogram(),
            *_block("reloads_total", "counter", "New models taken up, or refused.",
                    self._reloads({s.name for s in there})),
            *_block("degraded", "gauge", "1 where a newer model was refused and an older one serves.",
                    [({"question": s.name}, float(s.name in bad)) for s in there]),
            *_block("predictions_age_days", "gauge", "Days since the day the predictions are of.",
                    [({"question": s.name}, _age(s)) for s in there if s.published]),
            *_block("release_info", "gauge", "What is in production.", [(_info(s), 1.0) for s in there]),
            *_block("start_time_seconds", "gauge", "When the service started.", [({}, self.started)]),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def _requests(self) -> list[Line]:
        names = ("path", "method", "status")
        return [(dict(zip(names, k, strict=True)), n) for k, n in sorted(self.requests.items())]

    def _reloads(self, names: set[str]) -> list[Line]:
        found = sorted((key, n) for key, n in self.reloads.items() if key[0] in names)
        return [({"question": q, "outcome": o}, n) for (q, o), n in found]

    def _histogram(self) -> list[str]:
        name = "stepladder_request_seconds"
        lines = [f"# HELP {name} Seconds until the answer.", f"# TYPE {name} histogram"]
        for path, (*buckets, total) in sorted(self.seconds.items()):
            below = 0.0
            for edge, n in zip((*EDGES, "+Inf"), buckets, strict=True):
                below += n
                lines.append(f"{name}_bucket{_labels({'path': path, 'le': str(edge)})} {below:g}")
            lines.append(f"{name}_sum{_labels({'path': path})} {total:.6f}")
            lines.append(f"{name}_count{_labels({'path': path})} {below:g}")
        return lines


def _block(name: str, kind: str, words: str, lines: Iterable[Line]) -> list[str]:
    full = f"stepladder_{name}"
    values = [f"{full}{_labels(labels)} {value:.15g}" for labels, value in lines]
    return [f"# HELP {full} {words}", f"# TYPE {full} {kind}", *values]


def _labels(labels: dict[str, str]) -> str:
    def safe(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    inside = ",".join(f'{name}="{safe(value)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _age(served: Served) -> float:
    assert served.published is not None
    day = date.fromisoformat(served.published.stored.as_of)
    return float((datetime.now(UTC).date() - day).days)


def _info(served: Served) -> dict[str, str]:
    manifest = served.release.manifest
    return {"question": served.name, "rung": manifest.rung, "release": served.release.hash[:12]}
