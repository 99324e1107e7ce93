"""`Finding`: one thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "missing", "broken"]
"""It works; it is not there and need not be; it should work and does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of what the doctor says. No key is ever in it."""

    area: str
    """Where it belongs: "machine", "packages", "codecs", "models", "sound", "keys" or "storage"."""
    name: str
    """What was looked at."""
    state: State
    """How it is."""
    found: str
    """What there is: versions, a place, a number; or what is wrong with it."""
    mend: str = ""
    """The command that mends it; empty where nothing needs to be."""
