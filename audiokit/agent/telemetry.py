"""A conversation as OpenTelemetry spans, where that package is installed: one a turn, in it one for each stage."""

from __future__ import annotations

import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

from audiokit.agent.events import Event, ProviderFailed, ToolEnded, TurnEnded, TurnMetrics

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

NS = 1_000_000_000

STAGES = (
    ("endpoint", "speech_end_s", "endpoint_s"),
    ("stt", "speech_end_s", "stt_final_s"),
    ("llm", "endpoint_s", "llm_first_token_s"),
    ("clause", "llm_first_token_s", "first_clause_s"),
    ("tts", "first_clause_s", "tts_first_byte_s"),
    ("play", "tts_first_byte_s", "first_audio_s"),
)
"""What each child span is called, and the two moments of `TurnMetrics` that it lies between."""

ATTRIBUTES = {
    "latency_s": "audiokit.latency_s",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "tts_characters": "audiokit.tts_characters",
    "cached_characters": "audiokit.cached_characters",
    "cost_usd": "audiokit.cost_usd",
    "wasted_usd": "audiokit.wasted_usd",
    "tools": "audiokit.tools",
}
"""Names of `TurnMetrics` and of the span's attributes; tokens by OpenTelemetry's convention."""


class Telemetry:
    """Turns events into spans; without OpenTelemetry it does nothing.

    The spans go where the process sends its spans: `opentelemetry-instrument`, or a provider set in code. They carry
    times, counts and errors, never what was said.
    """

    def __init__(self) -> None:
        self._tracer = _tracer()
        self._happened: list[Event] = []

    def note(self, event: Event) -> None:
        """Take an event when it happens."""
        if self._tracer is None:
            return
        if isinstance(event, ProviderFailed | ToolEnded):
            self._happened.append(event)
        elif isinstance(event, TurnEnded):
            self._write(self._tracer, event, time.time_ns())
            self._happened.clear()

    def _write(self, tracer: Tracer, event: TurnEnded, now_ns: int) -> None:
        from opentelemetry.trace import Status, StatusCode, set_span_in_context

        def wall(at_s: float) -> int:
            return now_ns - round((event.at_s - at_s) * NS)

        metrics = event.metrics
        times = [getattr(metrics, name) for _, *ends in STAGES for name in ends]
        start_s = min([at_s for at_s in times if at_s is not None], default=event.at_s)
        turn = tracer.start_span("audiokit.turn", start_time=wall(start_s), attributes=_attributes(event))
        for happened in self._happened:
            turn.add_event(_name(happened), _facts(happened), timestamp=wall(happened.at_s))
        if metrics.error:
            turn.set_status(Status(StatusCode.ERROR, metrics.error))
        inside = set_span_in_context(turn)
        for stage, begin, end in STAGES:
            begin_s, end_s = getattr(metrics, begin), getattr(metrics, end)
            if begin_s is not None and end_s is not None:
                # A stage that was asked ahead of the one before it is done when that begins.
                span = tracer.start_span(f"audiokit.{stage}", inside, start_time=wall(min(begin_s, end_s)))
                span.end(wall(end_s))
        turn.end(wall(event.at_s))


def _tracer() -> Tracer | None:
    if find_spec("opentelemetry") is None:
        return None
    try:
        from opentelemetry.trace import get_tracer
    except ImportError:  # the name belongs to several packages, and this one of them is not there
        return None
    return get_tracer("audiokit")


def _attributes(event: TurnEnded) -> dict[str, str | int | float | bool]:
    metrics: TurnMetrics = event.metrics
    values = {label: getattr(metrics, name) for name, label in ATTRIBUTES.items()}
    given = {label: value for label, value in values.items() if value is not None}
    return {"audiokit.turn_id": event.turn_id, "audiokit.interrupted": metrics.interrupted_s is not None, **given}


def _name(event: Event) -> str:
    return "provider_failed" if isinstance(event, ProviderFailed) else "tool_ended"


def _facts(event: Event) -> dict[str, str]:
    if isinstance(event, ProviderFailed):
        return {"stage": event.stage, "provider": event.provider, "fallback": event.fallback or ""}
    assert isinstance(event, ToolEnded)  # noqa: S101  for mypy: `note` keeps no others
    return {"name": event.name, "failed": str(bool(event.error)).lower()}
