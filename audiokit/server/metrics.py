"""Counting for Prometheus: counters, gauges and histograms, written in its text format 0.0.4."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from audiokit.agent.events import Event, ProviderFailed, TurnEnded
from audiokit.server.dialects.lean import stages_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
LATENCY_BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


class Family:
    """One number for each combination of labels.

    Parameters
    ----------
    name, help_text : as Prometheus shows them.
    kind : "counter" or "gauge".
    labels : names of the labels.
    """

    def __init__(self, name: str, help_text: str, kind: str, labels: Sequence[str] = ()) -> None:
        self.name, self._help, self._kind, self._labels = name, help_text, kind, tuple(labels)
        self._values: defaultdict[tuple[str, ...], float] = defaultdict(float)
        if not labels:
            self._values[()] = 0.0

    def add(self, amount: float, *values: str) -> None:
        """Add to the number under these label values."""
        self._values[values] += amount

    def value(self, *values: str) -> float:
        """Give the number under these label values."""
        return self._values.get(values, 0.0)

    def state(self) -> list[Any]:
        """Give what `absorb` takes, as JSON."""
        return [[list(values), number] for values, number in self._values.items()]

    def absorb(self, state: list[Any]) -> None:
        """Add what another process counted."""
        for values, number in state:
            self._values[tuple(values)] += number

    def lines(self) -> Iterator[str]:
        """Write it."""
        yield f"# HELP {self.name} {self._help}"
        yield f"# TYPE {self.name} {self._kind}"
        for values, number in sorted(self._values.items()):
            yield f"{self.name}{_braces(zip(self._labels, values, strict=True))} {number:.12g}"


class Histogram:
    """How often a time fell under each bound.

    Parameters
    ----------
    name, help_text : as Prometheus shows them.
    label : name of its one label.
    bounds_s : upper bounds, rising, in seconds.
    """

    def __init__(self, name: str, help_text: str, label: str, bounds_s: Sequence[float] = LATENCY_BUCKETS_S) -> None:
        self.name, self._help, self._label, self._bounds_s = name, help_text, label, tuple(bounds_s)
        self._counts: dict[str, list[int]] = {}
        self._sums: defaultdict[str, float] = defaultdict(float)

    def observe(self, time_s: float, value: str) -> None:
        """Count one time under a label value."""
        counts = self._counts.setdefault(value, [0] * (len(self._bounds_s) + 1))
        counts[bisect_left(self._bounds_s, time_s)] += 1
        self._sums[value] += time_s

    def state(self) -> list[Any]:
        """Give what `absorb` takes, as JSON."""
        return [[value, counts, self._sums[value]] for value, counts in self._counts.items()]

    def absorb(self, state: list[Any]) -> None:
        """Add what another process counted."""
        for value, counts, total_s in state:
            own = self._counts.get(value, [0] * len(counts))
            self._counts[value] = [a + b for a, b in zip(own, counts, strict=True)]
            self._sums[value] += total_s

    def lines(self) -> Iterator[str]:
        """Write it: bounds are cumulative."""
        yield f"# HELP {self.name} {self._help}"
        yield f"# TYPE {self.name} histogram"
        for value, counts in sorted(self._counts.items()):
            total = 0
            for bound, count in zip((*map(str, self._bounds_s), "+Inf"), counts, strict=True):
                total += count
                yield f"{self.name}_bucket{_braces([(self._label, value), ('le', bound)])} {total}"
            yield f"{self.name}_sum{_braces([(self._label, value)])} {self._sums[value]:.12g}"
            yield f"{self.name}_count{_braces([(self._label, value)])} {total}"


class Metrics:
    """All that the server counts."""

    def __init__(self) -> None:
        prefix = "audiokit_"
        self.sessions = Family(prefix + "sessions", "Conversations now.", "gauge", ["protocol"])
        self.started = Family(prefix + "sessions_started_total", "Conversations begun.", "counter", ["protocol"])
        self.ended = Family(prefix + "sessions_ended_total", "Conversations by how they ended.", "counter", ["code"])
        self.refused = Family(prefix + "connections_refused_total", "Not let in, by reason.", "counter", ["reason"])
        self.malformed = Family(prefix + "malformed_messages_total", "Made no sense.", "counter", ["protocol"])
        self.failures = Family(prefix + "provider_failures_total", "By service.", "counter", ["stage", "provider"])
        self.turns = Family(prefix + "turns_total", "Turns, by whether there was a reply.", "counter", ["outcome"])
        self.characters = Family(
            prefix + "tts_characters_total", "Spoken, by whether the cache had them.", "counter", ["cache"]
        )
        self.tokens = Family(
            prefix + "llm_tokens_total",
            "Of language models; wasted: asked ahead, for nothing.",
            "counter",
            ["direction"],
        )
        self.cost = Family(prefix + "cost_usd_total", "What vendors charge.", "counter")
        self.stages = Histogram(prefix + "turn_seconds", "From the end of the user's speech.", "stage")

    def count(self, event: Event) -> None:
        """Count what happened in a conversation."""
        if isinstance(event, ProviderFailed):
            self.failures.add(1, event.stage, event.provider)
        elif isinstance(event, TurnEnded):
            self._count_turn(event)

    def state(self) -> dict[str, list[Any]]:
        """Give what `absorb` takes, as JSON."""
        return {name: family.state() for name, family in vars(self).items()}

    def absorb(self, state: dict[str, list[Any]], *, with_gauges: bool = True) -> None:
        """Add what another process counted; of one that is gone, what it is no more is left out."""
        for name, family in vars(self).items():
            if with_gauges or name != "sessions":
                family.absorb(state[name])

    def text(self) -> str:
        """Write everything in Prometheus' text format."""
        return "".join(f"{line}\n" for family in vars(self).values() for line in family.lines())

    def _count_turn(self, event: TurnEnded) -> None:
        metrics = event.metrics
        self.turns.add(1, "failed" if metrics.error else "interrupted" if metrics.interrupted_s else "spoken")
        self.characters.add(metrics.cached_characters, "hit")
        self.characters.add(metrics.tts_characters - metrics.cached_characters, "miss")
        self.tokens.add(metrics.input_tokens, "input")
        self.tokens.add(metrics.output_tokens, "output")
        self.tokens.add(metrics.wasted_input_tokens, "wasted_input")
        self.tokens.add(metrics.wasted_output_tokens, "wasted_output")
        self.cost.add(metrics.cost_usd or 0.0)
        for stage, time_s in stages_of(metrics).items():
            self.stages.observe(time_s, stage)


def _braces(labels: Iterable[tuple[str, str]]) -> str:
    written = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{written}}}" if written else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
