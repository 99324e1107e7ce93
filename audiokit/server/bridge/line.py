"""What a vendor of hosted agents must be able to do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol


class Line(Protocol):
    """One conversation with a hosted agent, in ElevenLabs' messages."""

    input_format: str
    """What it wants to hear, such as "pcm_16000" or "ulaw_8000"."""
    output_format: str
    """What it says, likewise."""

    async def send(self, message: Mapping[str, object]) -> None:
        """Send one message."""
        ...

    def messages(self) -> AsyncIterator[dict[str, Any]]:
        """Give what the agent sends, until it ends the conversation."""
        ...

    async def close(self) -> None:
        """End the conversation."""
        ...


class Hosted(Protocol):
    """An agent that a vendor hosts."""

    async def dial(self) -> Line:
        """Begin a conversation."""
        ...
