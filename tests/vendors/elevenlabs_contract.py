"""The contract of ElevenLabs, and how it refuses."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def contract() -> dict[str, Any]:
    """Read the contract of ElevenLabs."""
    calls: dict[str, Any] = json.loads(Path(__file__).with_name("elevenlabs.json").read_text("utf-8"))
    return calls


def contract_of(name: str) -> dict[str, Any]:
    """Give the parts of one call."""
    parts: dict[str, Any] = contract()[name]
    return contract_of(parts["same_as"]) if "same_as" in parts else parts


class Refusal(Exception):  # noqa: N818  what the service answers, not what is wrong with it
    """Raised by a handler, sent as JSON."""

    def __init__(self, code: int, status: str, message: str) -> None:
        super().__init__(message)
        self.code, self.body = code, {"detail": {"status": status, "message": message}}
