"""Where the agent's voice goes, and what it may call: the two doors that others fill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Tool


class AudioOut(Protocol):
    """A speaker, a file, a connection: plain calls from the event loop that return at once.

    One that knows what was really played tells `session.played(turn_id, played_s)`; of any other it is believed that
    it plays what it gets without delay.
    """

    sample_rate: int
    """The rate it wants, in Hz; the agent resamples."""

    def play(self, chunk: AudioChunk, turn_id: int) -> None:
        """Take the next piece of the reply, at most `send_ahead_s` before its time."""
        ...

    def pause(self) -> None:
        """Fall silent at once, and keep what is queued."""
        ...

    def resume(self) -> None:
        """Go on with what is queued."""
        ...

    def clear(self, turn_id: int) -> None:
        """Drop what was not played yet of this turn, and be ready for the next."""
        ...


class AgentTool(Protocol):
    """Something the model may ask for: a Python function (`tools.FunctionTool`), a call over HTTP."""

    tool: Tool
    """What the model is told of it."""

    async def call(self, arguments: Mapping[str, object]) -> str:
        """Do it and give what the model is to read.

        Raises
        ------
        Exception : told to the model, which then apologizes or tries otherwise.
        """
        ...
