"""audiokit.cli.captions: events as a person reads them."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console
from rich.live import Live

from audiokit.agent.events import (
    AgentText,
    FalseAlarm,
    Interrupted,
    ProviderFailed,
    SessionEnded,
    SpokenFailure,
    StateChanged,
    ToolEnded,
    TurnEnded,
    TurnMetrics,
    UserText,
)
from audiokit.cli.captions import COLUMNS, Captions, captions, latency_rows, summary

METRICS = TurnMetrics(
    speech_end_s=10.0, endpoint_s=10.5, stt_final_s=10.6, llm_first_token_s=10.9, first_clause_s=11.0,
    tts_first_byte_s=11.1, first_audio_s=11.2, latency_s=1.2, tts_characters=40, cached_characters=10, cost_usd=0.001,
)  # fmt: skip

TALK = [
    StateChanged(at_s=9.0, turn_id=1, state="listening"),
    UserText(at_s=9.5, turn_id=1, text="What is", is_final=False),
    UserText(at_s=10.6, turn_id=1, text="What is two plus two?", is_final=True),
    StateChanged(at_s=11.2, turn_id=1, state="speaking"),
    AgentText(at_s=11.2, turn_id=1, text="Well,", is_final=False),
    AgentText(at_s=11.3, turn_id=1, text="four.", is_final=False),
    AgentText(at_s=13.0, turn_id=1, text="Well, four.", is_final=True),
    TurnEnded(at_s=13.0, turn_id=1, metrics=METRICS),
]


def test_what_was_said_in_the_end_is_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []
    told = Captions(lines.append)
    for event in TALK:
        told.show(event)
    assert lines == ["You: What is two plus two?", "Agent: Well, four."]
    assert told.turns == [(1, METRICS)]
    assert capsys.readouterr().err == "  (1200 ms)\n"


def test_the_line_below_shows_the_state_and_what_is_being_said() -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=80, color_system=None)
    seen = []
    with Live(console=screen, auto_refresh=False, transient=True) as live:
        told = Captions(live.console.print, live)
        for event in TALK:
            told.show(event)
            seen.append(str(live.get_renderable()))
    assert seen[0].startswith("● listening")
    assert seen[1] == "● listening  You: What is"
    assert seen[3] == "● speaking  "
    assert seen[5] == "● speaking  Agent: Well, four."
    assert seen[6] == "● speaking  "


@pytest.mark.parametrize(("event", "note"), [
    (Interrupted(at_s=1.0, heard_text="Well,"), "(interrupted)"),
    (FalseAlarm(at_s=1.0), "(goes on)"),
    (ToolEnded(at_s=1.0, name="weather", result="sunny"), "(weather: done)"),
    (ToolEnded(at_s=1.0, name="weather", result="", error="timeout"), "(weather: timeout)"),
    (ProviderFailed(at_s=1.0, stage="llm", provider="openai", message="no answer", fallback="scripted"),
     "(llm openai failed: no answer; scripted steps in)"),
])  # fmt: skip
def test_what_happens_beside_the_words_is_noted(
    event: FalseAlarm, note: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Captions(lambda line: None).show(event)
    assert capsys.readouterr().err.strip() == note
    Captions(lambda line: None, quiet=True).show(event)
    assert capsys.readouterr().err == ""


def test_an_apology_is_shown_after_what_was_heard_of_the_reply() -> None:
    lines: list[str] = []
    told = Captions(lines.append, quiet=True)
    told.show(SpokenFailure(at_s=1.0, turn_id=1, kind="llm_cut", text="Sorry."))
    assert lines == []
    told.show(AgentText(at_s=2.0, turn_id=1, text="Well,", is_final=True))
    told.show(AgentText(at_s=3.0, turn_id=2, text="Yes.", is_final=True))
    assert lines == ["Agent: Well,", "Agent: Sorry.", "Agent: Yes."]


@pytest.mark.parametrize(("reason", "gave_up"), [("failures", True), ("finished", False)])
def test_an_agent_that_gave_up_says_why(reason: str, gave_up: bool) -> None:
    told = Captions(lambda line: None, quiet=True)
    told.show(ProviderFailed(at_s=1.0, stage="llm", provider="openai", message="no answer", fallback=None))
    told.show(TurnEnded(at_s=2.0, turn_id=1, metrics=TurnMetrics(error="no answer")))
    told.show(SessionEnded(at_s=3.0, turn_id=1, reason=reason))
    assert (told.gave_up is not None) == gave_up
    if told.gave_up:
        assert "no answer" in str(told.gave_up)
        assert (told.gave_up.provider, told.gave_up.exit_code) == ("openai", 5)


def test_what_somebody_typed_is_not_shown_twice() -> None:
    lines: list[str] = []
    told = Captions(lines.append, echo=False)
    for event in TALK:
        told.show(event)
    assert lines == ["Agent: Well, four."]


def test_json_has_every_event_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with captions(as_json=True, quiet=False) as (told, show):
        for event in TALK:
            show(event)
    out = capsys.readouterr()
    assert [json.loads(line) for line in out.out.splitlines()] == [event.to_json() for event in TALK]
    assert out.err == ""
    assert told.turns == [(1, METRICS)]


def test_without_a_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with captions(as_json=False, quiet=True) as (_, show):
        for event in TALK:
            show(event)
    assert capsys.readouterr().out.splitlines() == ["You: What is two plus two?", "Agent: Well, four."]


def test_the_table_tells_how_long_each_stage_took() -> None:
    (row,) = latency_rows([(1, METRICS)])
    assert row == (1, "500", "500", "200", "1200", "10 of 40", "0.0010")
    assert len(row) == len(COLUMNS)


def test_an_answer_that_was_there_ahead_took_no_thinking() -> None:
    (row,) = latency_rows([(1, replace(METRICS, first_clause_s=10.2))])
    assert row[1:5] == ("500", "0", "700", "1200")


def test_a_turn_without_speech_has_empty_places() -> None:
    (row,) = latency_rows([(0, TurnMetrics(first_audio_s=0.1))])
    assert row == (0, "", "", "", "", "0 of 0", "")


def test_the_summary_has_the_middle_the_worst_and_the_cost() -> None:
    turns = [(n, TurnMetrics(latency_s=n / 10, cost_usd=0.01)) for n in range(1, 11)]
    assert summary(turns) == "latency p50 600 ms, p95 1000 ms over 10 turns, 0.1000 USD"
    assert summary([(1, TurnMetrics(latency_s=0.5))]) == "latency p50 500 ms, p95 500 ms over 1 turn"
    assert summary([(0, TurnMetrics(cost_usd=0.02))]) == "0.0200 USD"
    wasteful = TurnMetrics(cost_usd=0.02, wasted_usd=0.005)
    assert summary([(1, wasteful), (2, wasteful)]) == "0.0400 USD, 0.0100 of it for replies begun in vain"
    assert summary([(0, TurnMetrics(cost_usd=0.0))]) == ""
