"""Asking the model before the turn is surely over: kept when the guess was right, stopped and counted when not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

from audiokit.agent.ahead import Ahead
from audiokit.contracts import ToolCall, Usage

Item: TypeAlias = str | ToolCall | Usage
"""What a language model gives."""


class Speculation:
    """At most one reply begun ahead; nothing of it is heard and no tool is called before it is taken.

    Parameters
    ----------
    open_reply : asks the model to answer a text.
    most : how often in one turn.
    """

    def __init__(self, open_reply: Callable[[str], AsyncIterator[Item]], most: int) -> None:
        self._open_reply, self._most = open_reply, most
        self._key = ""
        self._reply: Ahead[Item] | None = None
        self.started = 0
        """How often the model was asked ahead in this turn."""
        self.wasted = 0
        """How often for nothing."""

    def offer(self, text: str) -> None:
        """Begin a reply to `text`, unless that is what is being done, or was done too often already."""
        if _key(text) == self._key or self.started >= self._most:
            return
        self.drop()
        self._key, self._reply = _key(text), Ahead(self._open_reply(text))
        self.started += 1

    def take(self, text: str) -> Ahead[Item] | None:
        """Give the reply to `text` if it was begun; any other one is stopped. The next turn counts anew."""
        taken = self._reply if self._key == _key(text) else None
        if taken is None:
            self.drop()
        self._key, self._reply = "", None
        return taken

    def drop(self) -> None:
        """Stop what was begun; the same text is not tried again in this turn, which has shown that it goes on."""
        if self._reply:
            self._reply.close()
            self.wasted += 1
        self._reply = None

    def counts(self) -> tuple[int, int]:
        """Give how many were started and wasted, and begin to count anew."""
        counts = self.started, self.wasted
        self.started = self.wasted = 0
        return counts


def _key(text: str) -> str:
    """Make texts equal that differ in case and marks only."""
    return " ".join(re.findall(r"\w+", text.casefold()))
