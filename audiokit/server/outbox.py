"""What waits for one client: in order, bounded, and free of audio that nobody shall hear any more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from audiokit.server.inputs import Message


class Outbox:
    """A queue with a limit in bytes.

    Parameters
    ----------
    limit_bytes : how much may wait.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._waiting: deque[tuple[Message, int | None]] = deque()
        self._changed = asyncio.Event()
        self.size_bytes = 0

    @property
    def is_overfull(self) -> bool:
        """Whether more waits than may."""
        return self.size_bytes > self._limit_bytes

    def put(self, messages: Iterable[Message], turn_id: int | None = None) -> None:
        """Add messages at the end.

        Parameters
        ----------
        turn_id : of audio, the turn it belongs to.
        """
        for message in messages:
            self._waiting.append((message, turn_id))
            self.size_bytes += len(message)
        if self._waiting:
            self._changed.set()

    def drop_audio(self, turn_id: int) -> None:
        """Forget what waits of a turn's audio."""
        kept = [entry for entry in self._waiting if entry[1] != turn_id]
        self._waiting = deque(kept)
        self.size_bytes = sum(len(message) for message, _ in kept)

    async def take(self) -> Message:
        """Give the next message, when there is one."""
        while not self._waiting:
            self._changed.clear()
            await self._changed.wait()
        message, _ = self._waiting.popleft()
        self.size_bytes -= len(message)
        return message

    def rest(self) -> list[Message]:
        """Give all that waits, at once."""
        messages = [message for message, _ in self._waiting]
        self._waiting.clear()
        self.size_bytes = 0
        return messages
