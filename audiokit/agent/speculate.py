"""Asking the model before the turn is surely over: kept when the guess was right, stopped and counted when not."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from audiokit.agent.ahead import Ahead
from audiokit.contracts import ToolCall, Usage

Item: TypeAlias = str | ToolCall | Usage
"""What a language model gives."""


@dataclass(slots=True)
class Guesses:
    """How a turn's guesses went."""

    started: int = 0
    """How often the model was asked ahead."""
    wasted: int = 0
    """How often for nothing."""
    usage: Usage = field(default_factory=Usage)
    """What the model took for those."""


class Speculation:
    """At most one reply begun ahead; nothing of it is heard and no tool is called before it is taken.

    Parameters
    ----------
    open_reply : asks the model to answer a text.
    usage_of : tells what a reply to a text took of which this much had come when it was stopped.
    most : how often in one turn.
    """

    def __init__(
        self,
        open_reply: Callable[[str], AsyncIterator[Item]],
        usage_of: Callable[[str, Sequence[Item]], Usage],
        most: int,
    ) -> None:
        self._open_reply, self._usage_of, self._most = open_reply, usage_of, most
        self._text = ""
        self._reply: Ahead[Item] | None = None
        self._guesses = Guesses()

    def offer(self, text: str) -> None:
        """Begin a reply to `text`, unless that is what is being done, or was done too often already."""
        if _key(text) == _key(self._text) or self._guesses.started >= self._most:
            return
        self.drop()
        self._text, self._reply = text, Ahead(self._open_reply(text))
        self._guesses.started += 1

    def take(self, text: str) -> Ahead[Item] | None:
        """Give the reply to `text` if it was begun; any other one is stopped. The next turn counts anew."""
        taken = self._reply if _key(self._text) == _key(text) else None
        if taken is None:
            self.drop()
        self._text, self._reply = "", None
        return taken

    def drop(self) -> None:
        """Stop what was begun; the same text is not tried again in this turn, which has shown that it goes on."""
        if self._reply:
            self._reply.close()
            self._guesses.wasted += 1
            if self._reply.unread or not self._reply.has_failed:
                self._guesses.usage += self._usage_of(self._text, self._reply.unread)
        self._reply = None

    def count(self) -> Guesses:
        """Give how the guesses went, and begin to count anew."""
        counted, self._guesses = self._guesses, Guesses()
        return counted


def _key(text: str) -> str:
    """Make texts equal that differ in case and marks only."""
    return " ".join(re.findall(r"\w+", text.casefold()))
