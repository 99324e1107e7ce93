"""How a scenario went: it is played with scripted services, and what happened is held against what was expected."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from audiokit.agent.agent import Agent
from audiokit.agent.events import AgentText, Event, SessionEnded, SpokenFailure, StateChanged, ToolStarted, TurnEnded
from audiokit.agent.session import AgentSession
from audiokit.analysis.activity import EnergyVAD
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Message, Tool, ToolCall
from audiokit.testing.people import Listener, User
from audiokit.testing.providers import Answer, Fault, ScriptedLLM, ScriptedSTT, ScriptedTTS
from audiokit.testing.scenario import (
    Expectation,
    FaultScript,
    Line,
    LLMScript,
    Scenario,
    STTScript,
    ToolScript,
    TTSScript,
    wait_until,
)
from audiokit.testing.spoken import ToneLanguage

PATIENCE_S = 120.0  # of virtual time


@dataclass(slots=True, kw_only=True)
class Course:
    """What happened."""

    events: list[Event] = field(default_factory=list)
    history: list[Message] = field(default_factory=list)
    heard: dict[int, str] = field(default_factory=dict)
    """What was heard of each turn, by the listener's own account."""
    gaps_s: dict[int, float] = field(default_factory=dict)
    """The longest silence within each turn, in seconds."""
    model_calls: int = 0
    left_open: int = 0
    """Streams of providers that were still open a second after the end."""
    most_ahead_s: float = 0.0

    def log(self) -> str:
        """Write what happened, a line an event."""
        return "\n".join(f"{event.at_s:8.3f} {_brief(event)}" for event in self.events)


async def play(scenario: Scenario) -> Course:
    """Hold the conversation, and give how it went."""
    cast = _Cast(scenario)
    await cast.agent.warm()
    cast.begin()
    course = Course()
    listener = Listener(cast.language)
    async with cast.agent.session(listener) as session:
        helpers = [asyncio.create_task(_collect(session, course))]
        user = User(session, cast.language)
        helpers.append(asyncio.create_task(user.run()))
        if scenario.play_marks_s:
            helpers.append(asyncio.create_task(_mark(session, listener, scenario.play_marks_s, course)))
        stage = _Stage(session, user, listener, course)
        for line in scenario.steps:
            await stage.act(line)
        session.finish()
        await wait_until(lambda: session.has_ended, PATIENCE_S, "the session's end")
        await asyncio.sleep(0)
        course.history = [message for turn in session.history.turns for message in turn]
    await asyncio.sleep(1.0)
    for helper in helpers:
        helper.cancel()
    turns = {event.turn_id for event in course.events}
    course.heard = {turn: text for turn in sorted(turns) if (text := listener.heard_text(turn))}
    course.gaps_s = {turn: listener.longest_gap_s(turn) for turn in turns}
    course.most_ahead_s = listener.most_ahead_s
    course.model_calls = sum(len(llm.asked) for llm in cast.llms)
    course.left_open = sum(each.open for each in cast.providers())
    return course


def check(scenario: Scenario, course: Course) -> None:
    """Hold a course against what was expected, and against what must hold for every conversation.

    Raises
    ------
    AssertionError : with all differences and the whole course.
    """
    wrong = [*_never(scenario, course), *_differences(scenario.expect, course)]
    if wrong:
        raise AssertionError(f"{scenario.name}:\n  " + "\n  ".join(wrong) + f"\nwhat happened:\n{course.log()}")


class _Cast:
    """The providers and the agent of a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        services = scenario.services
        self.language = ToneLanguage(16_000)
        self._services = services
        self.stts = [
            ScriptedSTT(
                self.language, delay_s=each.delay_s, streaming=each.streaming, detects_turns=each.detects_turns,
                name=f"stt-{index}",
            )
            for index, each in enumerate(services.stt, 1)
        ]  # fmt: skip
        self.llms = [
            ScriptedLLM(map(_answer, each.answers), first_s=each.first_s, token_s=each.token_s, name=f"llm-{index}")
            for index, each in enumerate(services.llm, 1)
        ]
        self.ttss = [
            ScriptedTTS(
                self.language, first_s=each.first_s, speed=each.speed, tells_words=each.tells_words, name=f"tts-{index}"
            )
            for index, each in enumerate(services.tts, 1)
        ]
        self.agent = Agent(
            stt=self.stts,
            llm=self.llms,
            tts=self.ttss,
            vad=EnergyVAD,
            turn_detector=_TurnModel(services.turn_model) if services.turn_model else None,
            tools=[_ScriptedTool(each) for each in services.tools],
            settings=scenario.agent,
        )

    def begin(self) -> None:
        """Let the faults come from now on."""
        scripts: list[STTScript | LLMScript | TTSScript] = [
            *self._services.stt, *self._services.llm, *self._services.tts
        ]  # fmt: skip
        for index, provider in enumerate(self.providers()):
            provider.faults.add(*(_fault(each) for each in scripts[index].faults))

    def providers(self) -> list[ScriptedSTT | ScriptedLLM | ScriptedTTS]:
        """Give all of them, recognizers first and voices last."""
        return [*self.stts, *self.llms, *self.ttss]


class _Stage:
    """Acts the steps out, one after the other."""

    def __init__(self, session: AgentSession, user: User, listener: Listener, course: Course) -> None:
        self._session, self._user, self._listener, self._course = session, user, listener, course
        self._seen = 0

    async def act(self, line: Line) -> None:
        match line:
            case Line(user=str(text)):
                self._say(text)
                await self._user.said()
            case Line(noise_s=float(length_s)):
                self._user.hum(length_s)
                await self._user.said()
            case Line(type=str(text)):
                self._session.say_text(text)
            case Line(wait_s=float(length_s)):
                await asyncio.sleep(length_s)
            case Line(until=str(what)):
                await wait_until(lambda: self._came(what), PATIENCE_S, f"{what}; so far:\n{self._course.log()}")
            case Line(until_heard=int(words)):
                await wait_until(lambda: self._heard() >= words, PATIENCE_S, f"{words} words to be heard")
            case Line(microphone=bool(is_on)):
                self._user.is_on = is_on

    def _say(self, text: str) -> None:
        for index, part in enumerate(text.split("...")):
            if index:
                self._user.pause(0.5)
            self._user.say(part)

    def _heard(self) -> int:
        turn_id = self._course.events[-1].turn_id if self._course.events else 0
        return len(self._listener.heard_text(turn_id).split())

    def _came(self, what: str) -> bool:
        for index in range(self._seen, len(self._course.events)):
            event = self._course.events[index]
            if what == event.to_json()["type"] or (isinstance(event, StateChanged) and event.state == what):
                self._seen = index + 1
                return True
        return False


class _ScriptedTool:
    def __init__(self, script: ToolScript) -> None:
        self._script = script
        self.tool = Tool(name=script.name, description="By script.", parameters={"type": "object", "properties": {}})

    async def call(self, arguments: Mapping[str, object]) -> str:
        await asyncio.sleep(self._script.takes_s)
        if self._script.fails:
            raise RuntimeError(self._script.fails)
        return self._script.gives


class _TurnModel:
    def __init__(self, probabilities: tuple[float, ...]) -> None:
        self._probabilities = iter(probabilities)

    def finished_probability(self, heard: AudioChunk, text: str) -> float:
        return next(self._probabilities, 1.0)


async def _collect(session: AgentSession, course: Course) -> None:
    async for event in session.events():
        course.events.append(event)


async def _mark(session: AgentSession, listener: Listener, every_s: float, course: Course) -> None:
    while True:
        await asyncio.sleep(every_s)
        if course.events:
            turn_id = course.events[-1].turn_id
            session.played(turn_id, listener.heard_s(turn_id))


def _answer(script: str) -> Answer:
    """Read a model's answer: text, and after it perhaps calls of tools such as `call weather city=Paris`."""
    text, *calls = re.split(r"(?:^|\s)call (?=\w)", script)
    if not calls:
        return script
    pieces: list[str | ToolCall] = [f"{word} " for word in text.split()]
    for number, call in enumerate(calls, 1):
        name, *pairs = call.split()
        arguments = dict(pair.partition("=")[::2] for pair in pairs)
        pieces.append(ToolCall(call_id=f"{name}-{number}", name=name, arguments=arguments))
    return pieces


def _fault(script: FaultScript) -> Fault | None:
    return None if script.kind is None else Fault(kind=script.kind, after=script.after, hang_s=script.hang_s)


def _never(scenario: Scenario, course: Course) -> Iterator[str]:
    """Give what is wrong with any conversation in which it happens."""
    if not course.events or not isinstance(course.events[-1], SessionEnded):
        yield "the session did not end with session_ended"
    ended = Counter(event.turn_id for event in course.events if isinstance(event, TurnEnded))
    yield from (f"turn {turn} ended {times} times" for turn, times in ended.items() if times > 1)
    if course.left_open:
        yield f"{course.left_open} streams were left open"
    if course.most_ahead_s > scenario.agent.send_ahead_s + 0.021:
        yield f"sound was sent {course.most_ahead_s:.3f} s ahead"
    yield from _misremembered(course)
    allowed = scenario.expect.gaps_s
    yield from (
        f"turn {turn} has a gap of {gap_s:.3f} s"
        for turn, gap_s in course.gaps_s.items()
        if allowed is not None and gap_s > allowed
    )


def _misremembered(course: Course) -> Iterator[str]:
    """Compare what the agent believes was heard with what was: at most one word may differ."""
    aside = {event.turn_id for event in course.events if isinstance(event, SpokenFailure | ToolStarted)}
    for event in course.events:
        if isinstance(event, AgentText) and event.is_final and event.turn_id not in aside:
            believed, heard = event.text.split(), course.heard.get(event.turn_id, "").split()
            shared = min(len(believed), len(heard))
            if abs(len(believed) - len(heard)) > 1 or believed[:shared] != heard[:shared]:
                yield f"turn {event.turn_id}: {' '.join(heard)!r} was heard; the history has {event.text!r}"


def _differences(expect: Expectation, course: Course) -> Iterator[str]:
    actual: dict[str, Callable[[], object]] = {
        "history": lambda: tuple(_as_line(message) for message in course.history),
        "heard": lambda: tuple(course.heard.values()),
        "reason": lambda: getattr(course.events[-1], "reason", None),
        "model_calls": lambda: course.model_calls,
        "wasted": lambda: sum(event.metrics.wasted_speculations for event in _turns(course)),
    }
    for name, give in actual.items():
        expected = getattr(expect, name)
        if name == "history" and expected is not None:
            expected = tuple(dict(each) for each in expected)
        if expected is not None and give() != expected:
            yield f"{name} is {give()!r}; expected {expected!r}"
    counts = Counter(str(event.to_json()["type"]) for event in course.events)
    for kind, times in expect.events.items():
        if counts[kind] != times:
            yield f"{kind} came {counts[kind]} times; expected {times}"
    latencies_s = [event.metrics.latency_s for event in _turns(course) if event.metrics.latency_s is not None]
    if expect.latency_s is not None and (not latencies_s or max(latencies_s) > expect.latency_s + 1e-6):
        yield f"latencies are {[round(each, 3) for each in latencies_s]} s; expected at most {expect.latency_s}"
    happened = iter([event.to_json() for event in course.events])
    for wanted in expect.has:
        if not any(_matches(event, wanted) for event in happened):
            yield f"there was no {dict(wanted)} (in this order)"


def _turns(course: Course) -> list[TurnEnded]:
    return [event for event in course.events if isinstance(event, TurnEnded)]


def _as_line(message: Message) -> dict[str, Any]:
    if message.tool_calls:
        calls = " ".join(call.name for call in message.tool_calls)
        return {"call": calls, **({"agent": message.text} if message.text else {})}
    return {"agent" if message.role == "assistant" else message.role: message.text}


def _matches(event: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    def found(key: str) -> object:
        metrics = event.get("metrics")
        return event.get(key, metrics.get(key) if isinstance(metrics, dict) else None)

    return all(
        str(value) in str(found(key)) if isinstance(value, str) and key in ("message", "error") else found(key) == value
        for key, value in wanted.items()
    )


def _brief(event: Event) -> str:
    whole = event.to_json()
    del whole["at_s"]
    metrics = whole.pop("metrics", None)
    if isinstance(metrics, dict):
        whole |= {key: value for key, value in metrics.items() if value}
    return " ".join(f"{key}={value!r}" for key, value in whole.items())
