"""ElevenLabs' messages as our events: which turn they belong to, what was heard, what is to be answered."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from audiokit.agent.events import (
    AgentText,
    Event,
    Interrupted,
    ProviderFailed,
    State,
    StateChanged,
    ToolEnded,
    ToolStarted,
    TurnEnded,
    TurnMetrics,
    UserText,
)

SPEECH_SCORE = 0.5
NO_TOOLS = "this client has no tools"


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece of the agent's voice, in the line's format."""

    data: bytes
    turn_id: int


@dataclass(frozen=True, slots=True)
class Silence:
    """The user took the word: what was not heard of this turn is to be dropped."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the vendor wants to get back."""

    message: dict[str, object]


Effect: TypeAlias = Event | Sound | Silence | Answer


class Translation:
    """One conversation; it may go over several lines.

    Parameters
    ----------
    clock : the time in seconds, for the events.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._state: State = "idle"
        self._turn_id = 0
        self._said, self._interrupted_at = "", -1
        self._is_open = self._is_interrupted = False
        self.was_heard = False
        """Whether the turn in progress has had sound."""
        self.history: list[tuple[str, str]] = []

    @property
    def is_busy(self) -> bool:
        """Whether a reply is owed, or in progress."""
        return self._is_open or self._state == "thinking"

    def new_line(self) -> None:
        """Begin another line: its numbers count from the start."""
        self._interrupted_at = -1

    def read(self, message: dict[str, Any]) -> Iterator[Effect]:
        """Translate one message; what has no meaning for us is passed over."""
        kind = message.get("type")
        handle = getattr(self, f"_on_{kind}", None) if isinstance(kind, str) else None
        details = message.get(PLACES.get(str(kind), f"{kind}_event"))
        if handle and isinstance(details, dict):
            yield from handle(details)

    def heard_to_the_end(self) -> Iterator[Effect]:
        """Close the turn: all its audio has been played."""
        if self._is_open:
            yield from self._close(self._said)
        yield from self._go("idle")

    def _on_user_transcript(self, details: dict[str, Any]) -> Iterator[Effect]:
        if self._is_open:
            yield from self._close(self._said)
        self._turn_id += 1
        text = str(details.get("user_transcript", "")).strip()
        self.history.append(("user", text))
        yield UserText(at_s=self._clock(), turn_id=self._turn_id, text=text, is_final=True)
        yield from self._go("thinking")

    def _on_agent_response(self, details: dict[str, Any]) -> Iterator[Effect]:
        self._said, self._is_open = str(details.get("agent_response", "")).strip(), True
        yield AgentText(at_s=self._clock(), turn_id=self._turn_id, text=self._said, is_final=False)

    def _on_agent_response_correction(self, details: dict[str, Any]) -> Iterator[Effect]:
        if self._is_open:
            yield from self._close(str(details.get("corrected_agent_response", "")).strip())

    def _on_audio(self, details: dict[str, Any]) -> Iterator[Effect]:
        number = details.get("event_id")
        if isinstance(number, int) and number <= self._interrupted_at:
            return
        try:
            data = base64.b64decode(str(details.get("audio_base_64", "")), validate=True)
        except (binascii.Error, ValueError):
            return
        self._is_open = self.was_heard = True
        yield Sound(data, self._turn_id)
        yield from self._go("speaking")

    def _on_interruption(self, details: dict[str, Any]) -> Iterator[Effect]:
        number = details.get("event_id")
        self._interrupted_at = number if isinstance(number, int) else self._interrupted_at
        self._is_interrupted = self._is_open
        yield Silence(self._turn_id)
        yield from self._go("listening")

    def _on_ping(self, details: dict[str, Any]) -> Iterator[Effect]:
        yield Answer({"type": "pong", "event_id": details.get("event_id")})

    def _on_vad_score(self, details: dict[str, Any]) -> Iterator[Effect]:
        score = details.get("vad_score")
        if isinstance(score, int | float) and score >= SPEECH_SCORE and self._state == "idle":
            yield from self._go("listening")

    def _on_client_tool_call(self, details: dict[str, Any]) -> Iterator[Effect]:
        name, now_s = str(details.get("tool_name", "")), self._clock()
        yield ToolStarted(at_s=now_s, turn_id=self._turn_id, name=name, arguments=details.get("parameters") or {})
        call_id = details.get("tool_call_id")
        yield Answer({"type": "client_tool_result", "tool_call_id": call_id, "result": NO_TOOLS, "is_error": True})
        yield ToolEnded(at_s=now_s, turn_id=self._turn_id, name=name, result="", error=NO_TOOLS)

    def _on_error(self, details: dict[str, Any]) -> Iterator[Effect]:
        text = str(details.get("message") or details.get("reason") or "an error without words")
        yield ProviderFailed(
            at_s=self._clock(), stage="llm", provider="elevenlabs", message=f"elevenlabs: {text}", fallback=None
        )

    def _close(self, heard: str) -> Iterator[Effect]:
        now_s, turn_id = self._clock(), self._turn_id
        self.history.append(("agent", heard))
        if self._is_interrupted:
            yield Interrupted(at_s=now_s, turn_id=turn_id, heard_text=heard)
        yield AgentText(at_s=now_s, turn_id=turn_id, text=heard, is_final=True)
        interrupted_s = now_s if self._is_interrupted else None
        yield TurnEnded(at_s=now_s, turn_id=turn_id, metrics=TurnMetrics(interrupted_s=interrupted_s))
        self._said, self._is_open, self._is_interrupted, self.was_heard = "", False, False, False

    def _go(self, state: State) -> Iterator[Effect]:
        if state != self._state:
            self._state = state
            yield StateChanged(at_s=self._clock(), turn_id=self._turn_id, state=state)


PLACES = {"user_transcript": "user_transcription_event", "client_tool_call": "client_tool_call"}
"""Where a message keeps its details, if not under its own name."""
