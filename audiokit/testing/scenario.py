"""Conversations to read, as YAML: what the user says and when, what goes wrong, and what is expected of the agent.

    - name: the user interrupts
      services:
        llm: {answers: ["Sure, I can tell you all about it."], first_s: 0.5}
      steps:
        - user: tell me everything
        - until_heard: 3
        - user: please stop
      expect:
        history:
          - user: tell me everything
          - agent: Sure, I can
          - user: please stop
          - agent: "You said: please stop"

`for scenario in read(path): run(scenario)` is a whole test; `docs` of the keys are the classes below.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, get_args

from audiokit.agent.events import State, event_types
from audiokit.agent.sections import Place, read_section
from audiokit.agent.settings import AgentSettings
from audiokit.errors import ConfigError, MissingDependencyError
from audiokit.testing import clock
from audiokit.testing.providers import FaultKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultScript:
    """A call that goes wrong, see `Fault`; `{}` is one that goes well."""

    kind: FaultKind | None = None
    after: int = 0
    hang_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class STTScript:
    """A recognizer; see `ScriptedSTT`."""

    delay_s: float = 0.1
    streaming: bool = True
    detects_turns: float = 0.0
    faults: tuple[FaultScript, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMScript:
    """A model; see `ScriptedLLM`. An answer such as `call weather city=Paris` calls a tool."""

    answers: tuple[str, ...] = ()
    first_s: float = 0.3
    token_s: float = 0.02
    faults: tuple[FaultScript, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSScript:
    """A voice; see `ScriptedTTS`."""

    first_s: float = 0.1
    speed: float = 0.0
    tells_words: bool = True
    faults: tuple[FaultScript, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolScript:
    """A tool that takes any arguments."""

    name: str
    gives: str = ""
    fails: str = ""
    takes_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesScript:
    """Providers, each kind in the order of preference."""

    stt: tuple[STTScript, ...] = (STTScript(),)
    llm: tuple[LLMScript, ...] = (LLMScript(),)
    tts: tuple[TTSScript, ...] = (TTSScript(),)
    tools: tuple[ToolScript, ...] = ()
    turn_model: tuple[float, ...] = ()
    """What a turn model says at one pause after the other, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One step: exactly one of these."""

    user: str | None = None
    """The user says it, to its end; "..." is a pause of half a second."""
    noise_s: float | None = None
    """Sound without words, in seconds."""
    type: str | None = None
    """The user writes it."""
    wait_s: float | None = None
    """Nothing is said for so long, in seconds."""
    until: str | None = None
    """Until such an event comes, or the conversation is in such a state; an event that came before counts only once."""
    until_heard: int | None = None
    """Until so many words of the latest reply were heard."""
    microphone: bool | None = None
    """False: the microphone sends nothing any more; True: it does again."""

    def __post_init__(self) -> None:
        given = [each.name for each in fields(self) if getattr(self, each.name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "nothing"
            raise ValueError(f"a step has {found}; expected one of {', '.join(each.name for each in fields(self))}")
        if self.until is not None:
            _check_happening(self.until, {*event_types(), *get_args(State)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What must have happened in the end; what is not named may be as it likes."""

    history: tuple[Mapping[str, object], ...] | None = None
    """Messages as `user:`, `agent:`, `call:` or `tool:` with their text."""
    events: Mapping[str, object] = field(default_factory=dict)
    """How often each type of event came."""
    has: tuple[Mapping[str, object], ...] = ()
    """Events that came in this order, perhaps with others between; only the named fields are compared."""
    heard: tuple[str, ...] | None = None
    """What was really heard of each turn that made a sound, phrases included."""
    reason: str | None = None
    """Why the session ended."""
    latency_s: float | None = None
    """No reply came later, in seconds."""
    model_calls: int | None = None
    """How often the models were asked."""
    wasted: int | None = None
    """Speculations thrown away."""
    gaps_s: float | None = 0.03
    """Longest silence within a reply, in seconds; null: any."""

    def __post_init__(self) -> None:
        for kind in (*self.events, *(str(each["type"]) for each in self.has if "type" in each)):
            _check_happening(kind, event_types())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One conversation."""

    name: str
    steps: tuple[Line, ...]
    services: ServicesScript = field(default_factory=ServicesScript)
    agent: AgentSettings = field(default_factory=AgentSettings)
    """What differs from the default settings."""
    play_marks_s: float | None = None
    """The listener tells what it has played, so often, in seconds; null: it does not know."""
    expect: Expectation = field(default_factory=Expectation)


def read(path: str | Path) -> list[Scenario]:
    """Read the scenarios of a file.

    Raises
    ------
    ConfigError : the file cannot be read, or says something that no scenario says.
    MissingDependencyError : pyyaml is not installed.
    """
    try:
        import yaml
    except ImportError as error:
        raise MissingDependencyError("pyyaml", extra="testing") from error
    path = Path(path)
    try:
        whole = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(whole, list):
        raise ConfigError(f"{path} holds no list of scenarios; each begins with `- name: ...`")
    return [read_section(Scenario, _normal(each), Place(path.name, str(index))) for index, each in enumerate(whole)]


def run(scenario: Scenario) -> None:
    """Play a scenario on virtual time, and check what is expected of it.

    Raises
    ------
    AssertionError : it went otherwise; the message tells what happened, event by event.
    """
    from audiokit.testing.course import check, play

    check(scenario, clock.run(play(scenario)))


async def wait_until(condition: Any, limit_s: float, what: str) -> None:
    """Look every 10 ms whether it is so.

    Raises
    ------
    AssertionError : it was not so within `limit_s` seconds.
    """
    for _ in range(round(limit_s / 0.01)):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"waited {limit_s:g} s in vain for {what}")


def _check_happening(name: str, known: set[str]) -> None:
    """Refuse a name that nothing ever bears: what never comes would be counted as 0 times, and waited for in vain."""
    if name not in known:
        raise ValueError(f"{name!r} is nothing that happens; there are: {', '.join(sorted(known))}")


def _normal(table: Any) -> Any:
    """Let a single provider stand without its list."""
    services = table.get("services") if isinstance(table, dict) else None
    if isinstance(services, dict):
        for kind in ("stt", "llm", "tts"):
            if isinstance(services.get(kind), dict):
                services[kind] = [services[kind]]
    return table
