"""What happens in a conversation, as values: for captions, logs, the web and tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

State: TypeAlias = Literal["idle", "listening", "endpointing", "thinking", "speaking", "paused"]
"""Nobody speaks; the user speaks; the user has paused; the reply is made; it is heard; it waits for the user's word."""

Stage: TypeAlias = Literal["stt", "llm", "tts"]
"""The services of a turn, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnMetrics:
    """Where the time and the money of one turn went; every `*_s` but `latency_s` is on the session's clock.

    Latency has one definition: from the last sample of the user's speech to the first sample of the reply that is
    played. It is None for turns that were typed, were never heard, or that the agent began.
    """

    speech_end_s: float | None = None
    """The user's last sample of speech, in seconds."""
    endpoint_s: float | None = None
    """The turn was judged to be over, in seconds."""
    stt_final_s: float | None = None
    """The last word of it was understood, in seconds."""
    llm_first_token_s: float | None = None
    """The model began to answer, in seconds; before `endpoint_s` when it was asked ahead."""
    first_clause_s: float | None = None
    """A first clause went to speech, in seconds."""
    tts_first_byte_s: float | None = None
    """Its first sound came, in seconds."""
    first_audio_s: float | None = None
    """The first sample was played, in seconds."""
    interrupted_s: float | None = None
    """The user took the word, in seconds."""
    latency_s: float | None = None
    """`first_audio_s - speech_end_s`, in seconds."""
    input_tokens: int = 0
    """Tokens that the models read for the reply."""
    output_tokens: int = 0
    """Tokens that the models wrote for it."""
    wasted_input_tokens: int = 0
    """About how many they read for replies that were begun ahead and thrown away."""
    wasted_output_tokens: int = 0
    """About how many they wrote for those."""
    is_estimate: bool = False
    """Whether tokens were estimated from characters, for a model that was cut short or does not count."""
    tts_characters: int = 0
    """Characters handed to speech."""
    cached_characters: int = 0
    """How many of them came from a cache and cost nothing."""
    cost_usd: float | None = None
    """What the vendors charge, in US dollars, thrown away replies included; None when a price is unknown."""
    wasted_usd: float | None = None
    """How much of it for those, in US dollars."""
    tools: int = 0
    """Tools called."""
    speculations: int = 0
    """Replies begun before the turn was over."""
    wasted_speculations: int = 0
    """How many of them were thrown away."""
    error: str | None = None
    """Why there was no reply, or only part of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something happened."""

    at_s: float
    """When, in seconds on the session's clock."""
    turn_id: int = 0
    """In which turn: one utterance of the user and the reply to it, from 1; the greeting is 0."""

    def to_json(self) -> dict[str, object]:
        """Give what `json.dumps` takes; "type" is the class's name such as "turn_ended"."""
        return {"type": _type_name(type(self)), **_as_dict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged(Event):
    """The conversation went over to another state."""

    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSpeechStarted(Event):
    """The user is heard to speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSpeechEnded(Event):
    """The user has paused, perhaps only for a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserText(Event):
    """What was understood, or typed."""

    text: str
    """All of the turn so far."""
    is_final: bool
    """True once, when the turn is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentText(Event):
    """What the agent says."""

    text: str
    """A clause as it is handed to speech; the final one is the whole text that was heard."""
    is_final: bool
    """True once, at the turn's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted(Event):
    """The user took the word; the rest of the reply is dropped."""

    heard_text: str
    """What the user heard of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarm(Event):
    """It was a cough or a "mhm": the reply goes on where it paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStarted(Event):
    """The model asked for a tool."""

    name: str
    """Which."""
    arguments: Mapping[str, object]
    """Values by parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolEnded(Event):
    """A tool is done."""

    name: str
    """Which."""
    result: str
    """What the model is told."""
    error: str | None = None
    """What went wrong, if anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFailed(Event):
    """A service failed, or said nothing in time."""

    stage: Stage
    """What it was to do."""
    provider: str
    """Its name."""
    message: str
    """What went wrong."""
    fallback: str | None
    """Who is asked instead; None when nobody is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenFailure(Event):
    """The user is told that something does not work."""

    kind: str
    """A field of `settings.Phrases`, such as "llm_down"."""
    text: str
    """What is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded(Event):
    """A turn is over: spoken to its end, interrupted or failed."""

    metrics: TurnMetrics


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Event):
    """The last event."""

    reason: str
    """"finished", "closed", "failures", "max_session_s", "max_turns", "idle"."""


def event_types() -> set[str]:
    """Give the names of all types of events, as `to_json` writes them."""
    return {_type_name(kind) for kind in Event.__subclasses__()}


def _type_name(kind: type[Event]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _as_dict(value: DataclassInstance) -> dict[str, object]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: object) -> object:
    if isinstance(value, TurnMetrics):
        return _as_dict(value)
    return dict(value) if isinstance(value, Mapping) else value
