"""`Planned`: one recording and what a run is to do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["skip", "done", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One recording and what is to be done with it."""

    name: str
    """As it was named."""
    place: str
    """Where it lies: a path, or an address."""
    action: Action
    """Skipped, done by an earlier run, or to be prepared."""
    id: str = ""
    """What its clips' ids begin with."""
    sha256: str = ""
    """Hash of the file."""
    expected_s: float = 0.0
    """Length its header claims, in seconds; for bars and estimates only."""
    reason: str = ""
    """Why it is skipped, in a word or two."""
    message: str = ""
    """The same in full."""
    passing: bool = False
    """Whether the system, not the file, is at fault, so that another run may read it."""
