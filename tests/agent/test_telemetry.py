"""audiokit.agent.telemetry: turns as spans, in OpenTelemetry's own terms."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from audiokit.agent.events import ProviderFailed, ToolEnded, TurnEnded, TurnMetrics, UserText
from audiokit.agent.telemetry import NS, Telemetry

trace = pytest.importorskip("opentelemetry.trace")

METRICS = TurnMetrics(
    speech_end_s=10.0, endpoint_s=10.5, stt_final_s=10.6, llm_first_token_s=10.9, first_clause_s=11.0,
    tts_first_byte_s=11.1, first_audio_s=11.2, latency_s=1.2, input_tokens=12, output_tokens=5, cost_usd=0.001,
)  # fmt: skip


class Span(trace.NonRecordingSpan):  # type: ignore[misc]
    """A span that remembers."""

    def __init__(self, name: str, parent: Any, start_time: int, attributes: Any) -> None:
        super().__init__(trace.INVALID_SPAN_CONTEXT)
        self.name, self.parent, self.start_ns, self.attributes = name, parent, start_time, attributes or {}
        self.happened: list[tuple[str, Any]] = []
        self.status: Any = None
        self.end_ns = 0

    def end(self, end_time: int | None = None) -> None:
        self.end_ns = end_time or 0

    def add_event(self, name: str, attributes: Any = None, timestamp: int | None = None) -> None:
        self.happened.append((name, attributes))

    def set_status(self, status: Any, description: str | None = None) -> None:
        self.status = status


class Tracer(trace.NoOpTracer):  # type: ignore[misc]
    def __init__(self) -> None:
        self.spans: list[Span] = []

    def start_span(self, name: str, context: Any = None, *_: Any, **options: Any) -> Span:
        parent = trace.get_current_span(context)
        self.spans.append(
            Span(name, getattr(parent, "name", ""), options["start_time"], options.get("attributes"))
        )  # fmt: skip
        return self.spans[-1]


@pytest.fixture
def tracer(monkeypatch: pytest.MonkeyPatch) -> Tracer:
    tracer = Tracer()
    monkeypatch.setattr(trace, "get_tracer", lambda name: tracer)
    return tracer


def test_a_turn_is_a_span_with_one_in_it_for_each_stage(tracer: Tracer) -> None:
    Telemetry().note(TurnEnded(at_s=13.0, turn_id=4, metrics=METRICS))
    turn, *stages = tracer.spans
    assert turn.name == "audiokit.turn"
    assert {span.name: round((span.end_ns - span.start_ns) / NS, 3) for span in stages} == {
        "audiokit.endpoint": 0.5, "audiokit.stt": 0.6, "audiokit.llm": 0.4, "audiokit.clause": 0.1,
        "audiokit.tts": 0.1, "audiokit.play": 0.1,
    }  # fmt: skip
    assert {span.parent for span in stages} == {"audiokit.turn"}
    assert (turn.end_ns - turn.start_ns) / NS == pytest.approx(3.0)
    assert turn.end_ns == pytest.approx(time.time_ns(), abs=5 * NS)


def test_a_turn_carries_counts_and_no_words(tracer: Tracer) -> None:
    telemetry = Telemetry()
    telemetry.note(UserText(at_s=9.0, turn_id=4, text="my secret", is_final=True))
    telemetry.note(TurnEnded(at_s=13.0, turn_id=4, metrics=METRICS))
    attributes = tracer.spans[0].attributes
    assert attributes["gen_ai.usage.input_tokens"] == 12
    assert attributes["audiokit.latency_s"] == 1.2
    assert attributes["audiokit.interrupted"] is False
    assert "secret" not in repr([vars(span) for span in tracer.spans])


def test_failures_belong_to_their_turn(tracer: Tracer) -> None:
    telemetry = Telemetry()
    telemetry.note(ProviderFailed(at_s=10.7, turn_id=4, stage="llm", provider="openai", message="", fallback="acme"))
    telemetry.note(ToolEnded(at_s=10.8, turn_id=4, name="weather", result="", error="timeout"))
    telemetry.note(TurnEnded(at_s=11.0, turn_id=4, metrics=TurnMetrics(error="llm: down")))
    telemetry.note(TurnEnded(at_s=12.0, turn_id=5, metrics=TurnMetrics()))
    first, second = tracer.spans
    assert first.happened == [
        ("provider_failed", {"stage": "llm", "provider": "openai", "fallback": "acme"}),
        ("tool_ended", {"name": "weather", "failed": "true"}),
    ]
    assert first.status.status_code.name == "ERROR"
    assert (second.happened, second.status) == ([], None)


def test_a_reply_that_was_begun_ahead_takes_no_negative_time(tracer: Tracer) -> None:
    ahead = TurnMetrics(speech_end_s=10.0, endpoint_s=10.5, llm_first_token_s=10.2)
    Telemetry().note(TurnEnded(at_s=13.0, turn_id=4, metrics=ahead))
    assert all(span.end_ns >= span.start_ns for span in tracer.spans)


def test_without_opentelemetry_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    Telemetry().note(TurnEnded(at_s=13.0, turn_id=4, metrics=METRICS))
