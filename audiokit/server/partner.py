"""Who is talked with: our agent, or one behind a bridge. Both look the same to a connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Protocol, Self

from audiokit.agent.events import Event
from audiokit.agent.ports import AudioOut
from audiokit.audio.chunk import AudioChunk


class Session(Protocol):
    """One conversation; `audiokit.agent.session.AgentSession` is one."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def push(self, chunk: AudioChunk) -> None:
        """Hear one piece of the user's microphone, at any rate."""
        ...

    def say_text(self, text: str) -> None:
        """Take what the user typed."""
        ...

    def played(self, turn_id: int, played_s: float) -> None:
        """Learn how many seconds of a turn's audio the user has heard."""
        ...

    def finish(self) -> None:
        """Take no more input, and end when the last turn has been spoken."""
        ...

    def events(self) -> AsyncIterator[Event]:
        """Tell what happens, up to SessionEnded."""
        ...


class Partner(Protocol):
    """Makes conversations."""

    def session(self, audio_out: AudioOut) -> Session:
        """Begin one, whose voice goes to `audio_out`."""
        ...
