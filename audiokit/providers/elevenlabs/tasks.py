"""Ending what runs beside a conversation over a WebSocket."""

from __future__ import annotations

import asyncio


async def stopped(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has ended; what it raised was told already, or interests nobody any more."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # asked for, lest asyncio complain that nobody did
