"""audiokit.agent.telemetry: turns as spans, in OpenTelemetry's own terms."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from audiokit.agent.events import ProviderFailed, ToolEnded, TurnEnded, TurnMetrics, UserText
from audiokit.agent.telemetry import NS, Telemetry

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

Spans = Callable[[], list[ReadableSpan]]

METRICS = TurnMetrics(
    speech_end_s=10.0, endpoint_s=10.5, stt_final_s=10.6, llm_first_token_s=10.9, first_clause_s=11.0,
    tts_first_byte_s=11.1, first_audio_s=11.2, latency_s=1.2, input_tokens=12, output_tokens=5, cost_usd=0.001,
)  # fmt: skip


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Spans:
    """What OpenTelemetry's own SDK exports; its provider is not made the process', which works once only."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)

    def exported() -> list[ReadableSpan]:
        return sorted(exporter.get_finished_spans(), key=lambda span: (span.parent is not None, span.context.span_id))

    return exported


def duration_s(span: ReadableSpan) -> float:
    return (span.end_time - span.start_time) / NS


def test_a_turn_is_a_span_with_one_in_it_for_each_stage(spans: Spans) -> None:
    Telemetry().note(TurnEnded(at_s=13.0, turn_id=4, metrics=METRICS))
    turn, *stages = spans()
    assert turn.name == "audiokit.turn"
    assert turn.instrumentation_scope.name == "audiokit"
    assert {span.name: round(duration_s(span), 3) for span in stages} == {
        "audiokit.endpoint": 0.5, "audiokit.stt": 0.6, "audiokit.llm": 0.4, "audiokit.clause": 0.1,
        "audiokit.tts": 0.1, "audiokit.play": 0.1,
    }  # fmt: skip
    assert {span.parent.span_id for span in stages} == {turn.context.span_id}
    assert duration_s(turn) == pytest.approx(3.0)
    assert turn.end_time == pytest.approx(time.time_ns(), abs=5 * NS)


def test_a_turn_carries_counts_and_no_words(spans: Spans) -> None:
    telemetry = Telemetry()
    telemetry.note(UserText(at_s=9.0, turn_id=4, text="my secret", is_final=True))
    telemetry.note(TurnEnded(at_s=13.0, turn_id=4, metrics=METRICS))
    attributes = spans()[0].attributes
    assert attributes["gen_ai.usage.input_tokens"] == 12
    assert attributes["audiokit.latency_s"] == 1.2
    assert attributes["audiokit.interrupted"] is False
    assert "secret" not in "".join(span.to_json() for span in spans())


def test_failures_belong_to_their_turn(spans: Spans) -> None:
    telemetry = Telemetry()
    telemetry.note(ProviderFailed(at_s=10.7, turn_id=4, stage="llm", provider="openai", message="", fallback="acme"))
    telemetry.note(ToolEnded(at_s=10.8, turn_id=4, name="weather", result="", error="timeout"))
    telemetry.note(TurnEnded(at_s=11.0, turn_id=4, metrics=TurnMetrics(error="llm: down")))
    telemetry.note(TurnEnded(at_s=12.0, turn_id=5, metrics=TurnMetrics()))
    first, second = sorted(spans(), key=lambda span: span.attributes["audiokit.turn_id"])
    assert [(event.name, dict(event.attributes)) for event in first.events] == [
        ("provider_failed", {"stage": "llm", "provider": "openai", "fallback": "acme"}),
        ("tool_ended", {"name": "weather", "failed": "true"}),
    ]
    assert (first.status.status_code.name, first.status.description) == ("ERROR", "llm: down")
    assert (second.events, second.status.status_code.name) == ((), "UNSET")


def test_a_reply_that_was_begun_ahead_takes_no_negative_time(spans: Spans) -> None:
    ahead = TurnMetrics(speech_end_s=10.0, endpoint_s=10.5, llm_first_token_s=10.2)
    Telemetry().note(TurnEnded(at_s=13.0, turn_id=4, metrics=ahead))
    assert len(spans()) == 3
    assert all(duration_s(span) >= 0 for span in spans())


CONVERSATION = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=lambda span: span.name + chr(10))))
trace.set_tracer_provider(provider)

from audiokit.agent.agent import Agent
from audiokit.agent.doors import Doors, hold
from audiokit.analysis.activity import EnergyVAD
from audiokit.testing.providers import ScriptedLLM, ScriptedSTT, ScriptedTTS
from audiokit.testing.spoken import ToneLanguage

async def lines():
    yield "Good morning"

tones = ToneLanguage()
agent = Agent(stt=ScriptedSTT(tones), llm=ScriptedLLM(), tts=ScriptedTTS(tones), vad=EnergyVAD)
hold(agent, Doors(), lines())
"""


@pytest.mark.process
def test_a_conversation_goes_where_the_process_sends_its_spans() -> None:
    done = subprocess.run([sys.executable, "-c", CONVERSATION], capture_output=True, text=True)
    assert done.stdout.split()[-1] == "audiokit.turn", done.stderr
    assert {"audiokit.llm", "audiokit.tts"} <= set(done.stdout.split())


def test_without_opentelemetry_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    Telemetry().note(TurnEnded(at_s=13.0, turn_id=4, metrics=METRICS))
