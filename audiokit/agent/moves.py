"""The vocabulary of the turn machine: what may happen, and what is to be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from audiokit.agent import events


@dataclass(frozen=True, slots=True)
class Begin:
    """The agent has something to say of its own accord."""

    kind: str
    """What: the greeting or one of the phrases."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The gate hears speech."""


@dataclass(frozen=True, slots=True)
class Quieted:
    """The gate has heard no speech for a moment."""


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The gate has heard no speech for `stop_s`."""

    end_s: float
    """When the last of it was."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The recognizer has understood."""

    text: str
    """All of the utterance so far."""
    is_final: bool
    """Whether that is all that was said so far."""
    turn: Literal["", "started", "eager_end", "resumed", "ended"] = ""
    """What the recognizer says of the turn."""


@dataclass(frozen=True, slots=True)
class HearingFailed:
    """The recognizer and all its fallbacks failed."""


@dataclass(frozen=True, slots=True)
class TurnJudged:
    """The turn model has judged."""

    probability: float


@dataclass(frozen=True, slots=True)
class Typed:
    """The user has written."""

    text: str


@dataclass(frozen=True, slots=True)
class ReplyAudible:
    """The first sample of the reply is played."""


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """The reply was played to its end, or there is none."""


@dataclass(frozen=True, slots=True)
class Due:
    """The deadline has come."""


@dataclass(frozen=True, slots=True)
class NoMoreInput:
    """Nobody will speak or write any more."""


Input: TypeAlias = (
    Begin | SpeechStarted | Quieted | SpeechPaused | Heard | HearingFailed | TurnJudged | Typed | ReplyAudible
    | ReplyEnded | Due | NoMoreInput
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AskFinal:
    """Ask the recognizer for the final text of what was said so far."""


@dataclass(frozen=True, slots=True)
class AskModel:
    """Ask the turn model, if there is one."""


@dataclass(frozen=True, slots=True)
class Speculate:
    """The turn may be over: a reply may be begun ahead."""

    text: str


@dataclass(frozen=True, slots=True)
class DropSpeculation:
    """The user goes on."""


@dataclass(frozen=True, slots=True)
class ForgetSpeech:
    """The utterance is dealt with: the recognizer begins anew."""


@dataclass(frozen=True, slots=True)
class StartReply:
    """Answer."""

    text: str
    """What the user said."""
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class SayPhrase:
    """Say a phrase of the settings instead of a reply, or the greeting."""

    kind: str


@dataclass(frozen=True, slots=True)
class CancelReply:
    """Drop the reply in progress, and keep of it what was heard."""

    is_stuck: bool = False
    """Whether it took too long, rather than being interrupted."""


@dataclass(frozen=True, slots=True)
class PauseOut:
    """Fall silent at once."""


@dataclass(frozen=True, slots=True)
class ResumeOut:
    """Go on where it paused."""


@dataclass(frozen=True, slots=True)
class End:
    """End the session."""

    reason: str


Action: TypeAlias = (
    AskFinal | AskModel | Speculate | DropSpeculation | ForgetSpeech | StartReply | SayPhrase | CancelReply | PauseOut
    | ResumeOut | End | events.Event
)  # fmt: skip
