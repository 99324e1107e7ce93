"""All conversations of this process: who is here, a word to everybody, and an orderly end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiokit.server.connection import Connection

GOING_AWAY = 1001  # RFC 6455, 7.4.1
RESTART = 1012  # IANA's registry: service restart


class Hub:
    """Knows every connection; all calls come from the event loop."""

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self.is_draining = False

    def add(self, connection: Connection) -> None:
        """Take one in."""
        self._connections[connection.conversation_id] = connection
        self._empty.clear()

    def remove(self, connection: Connection) -> None:
        """Forget one."""
        self._connections.pop(connection.conversation_id, None)
        if not self._connections:
            self._empty.set()

    def list(self) -> list[dict[str, object]]:
        """Describe them all, without a word of what was said."""
        return [connection.describe() for connection in self._connections.values()]

    def broadcast(self, text: str) -> int:
        """Tell everybody; give how many heard."""
        for connection in self._connections.values():
            connection.notify(text)
        return len(self._connections)

    def close(self, conversation_id: str, reason: str) -> bool:
        """End one conversation; False when there is none of that id."""
        connection = self._connections.get(conversation_id)
        if connection is None:
            return False
        connection.end(GOING_AWAY, reason)
        return True

    async def drain(self, deadline_s: float) -> None:
        """Take nobody in any more, let running turns end, and close what is left at the deadline.

        Parameters
        ----------
        deadline_s : how long turns may go on, in seconds.
        """
        self.is_draining = True
        for connection in list(self._connections.values()):
            connection.finish()
        try:
            async with asyncio.timeout(deadline_s):
                await self._empty.wait()
        except TimeoutError:
            for connection in list(self._connections.values()):
                connection.end(RESTART, "the server restarts")
            await self._empty.wait()
