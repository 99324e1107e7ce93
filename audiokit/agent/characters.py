"""Whole characters: what a model writes can be spoken, shown and saved, however its stream was cut."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from audiokit.agent.speculate import Item

LONE = "\N{REPLACEMENT CHARACTER}"


class WholeCharacters(AsyncIterator[Item]):
    """A model's reply in which no text holds half a character.

    JSON writes a character such as an emoji as two surrogates, and a stream may be cut between them. Half of one cannot
    be encoded, so it would end the conversation where it is sent, printed or saved.

    Parameters
    ----------
    items : the reply as the provider gives it.
    """

    def __init__(self, items: AsyncIterator[Item]) -> None:
        self._items = items
        self._held = ""

    async def __anext__(self) -> Item:
        while True:
            try:
                item = await anext(self._items)
            except StopAsyncIteration:
                if not self._held:
                    raise
                item, self._held = LONE, ""
            if not isinstance(item, str) or not (self._held or _has_halves(item)):
                return item
            if text := self._joined(item):
                return text

    async def aclose(self) -> None:
        """Close what the provider gives."""
        close: Any = getattr(self._items, "aclose", None)
        if close is not None:
            await close()

    def _joined(self, text: str) -> str:
        text, self._held = self._held + text, ""
        if "\ud800" <= text[-1:] <= "\udbff":
            text, self._held = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _has_halves(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
