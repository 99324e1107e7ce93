import json
from types import MappingProxyType

import pytest

from audiokit.agent.events import Event, StateChanged, ToolStarted, TurnEnded, TurnMetrics
from audiokit.agent.metrics import TurnMeter, json_line
from audiokit.agent.ports import AgentTool, AudioOut
from audiokit.agent.settings import AgentSettings, Budgets, TurnTaking
from audiokit.agent.tools import FunctionTool
from audiokit.contracts import Usage
from audiokit.testing.people import Listener


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (StateChanged(at_s=1.0, turn_id=2, state="idle"), {"type": "state_changed", "turn_id": 2, "state": "idle"}),
        (
            ToolStarted(at_s=1.0, name="x", arguments=MappingProxyType({"a": 1})),
            {"type": "tool_started", "turn_id": 0, "name": "x", "arguments": {"a": 1}},
        ),
    ],
)
def test_an_event_is_json(event: Event, told: dict[str, object]) -> None:
    assert json.loads(json_line(event)) == {"at_s": 1.0, **told}


def test_metrics_are_told_with_their_turn() -> None:
    metrics = json.loads(json_line(TurnEnded(at_s=1.0, metrics=TurnMetrics(latency_s=0.5, tools=1))))["metrics"]
    assert (metrics["latency_s"], metrics["tools"], metrics["cost_usd"]) == (0.5, 1, None)


def test_latency_is_from_the_last_speech_to_the_first_sample() -> None:
    meter = TurnMeter(speech_end_s=2.0, endpoint_s=2.6)
    meter.first("first_audio_s", 3.5)
    meter.first("first_audio_s", 4.0)
    assert meter.result().latency_s == 1.5
    assert TurnMeter(endpoint_s=2.6, first_audio_s=3.5).result().latency_s is None


def test_a_turn_is_priced_by_tokens_and_by_what_was_spoken_anew() -> None:
    meter = TurnMeter(tts_characters=100, cached_characters=40)
    meter.count(Usage(input_tokens=10, output_tokens=5, model="m"))
    meter.count(Usage(input_tokens=20, output_tokens=5))
    metrics = meter.result(lambda usage, characters: usage.input_tokens + usage.output_tokens * 2 + characters)
    assert (metrics.input_tokens, metrics.output_tokens, metrics.cost_usd) == (30, 10, 110)
    assert meter.result().cost_usd is None


def test_replies_begun_in_vain_are_priced_and_shown_apart() -> None:
    meter = TurnMeter(wasted=Usage(input_tokens=100, output_tokens=3), tts_characters=7)
    meter.count(Usage(input_tokens=10, output_tokens=5, model="m"))
    metrics = meter.result(lambda usage, characters: usage.input_tokens + usage.output_tokens * 2 + characters)
    assert (metrics.cost_usd, metrics.wasted_usd) == (110 + 8 * 2 + 7, 106)
    assert (metrics.input_tokens, metrics.wasted_input_tokens, metrics.wasted_output_tokens) == (10, 100, 3)
    assert meter.result().wasted_usd is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: TurnTaking(silence_s=0.0),
        lambda: TurnTaking(enter=0.3, leave=0.4),
        lambda: Budgets(llm_first_s=-1.0),
        lambda: AgentSettings(send_ahead_s=0.0),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        wrong()  # type: ignore[operator]


def test_the_ports_fit() -> None:
    out: type[AudioOut] = Listener
    tool: type[AgentTool] = FunctionTool
    assert out
    assert tool
