"""What the parts of a session need of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from audiokit.agent.events import Event
from audiokit.agent.moves import Input
from audiokit.agent.ports import AudioOut
from audiokit.agent.services import Services


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """A session, as its parts see it."""

    services: Services
    """What all sessions share."""
    out: AudioOut
    """The listener."""
    clock: Callable[[], float]
    """Gives the session's time, in seconds."""
    emit: Callable[[Event], None]
    """Tells the world."""
    step: Callable[[Input], None]
    """Tells the turn machine."""
    start: Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
    """Starts a task that ends with the session."""
    end: Callable[[str], None]
    """Ends the session, for a reason."""
