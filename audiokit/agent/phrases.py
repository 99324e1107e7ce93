"""The agent's set phrases, synthesized before they are needed: a failure is no time to ask a vendor."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from audiokit.contracts import SpeechChunk
from audiokit.errors import AudiokitError

log = logging.getLogger(__name__)

Synthesize = Callable[[str], Awaitable[list[SpeechChunk]]]
"""Speaks a text whole."""


class PhraseBook:
    """Sound by text, shared by all sessions of an agent."""

    def __init__(self) -> None:
        self._sounds: dict[str, list[SpeechChunk]] = {}
        self._is_warming = False

    def sound(self, text: str) -> list[SpeechChunk] | None:
        """Give a phrase's sound; None when it was not synthesized."""
        return self._sounds.get(text)

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Give the texts that have no sound yet, each once."""
        return [text for text in dict.fromkeys(texts) if text and text not in self._sounds]

    async def warm(self, texts: Sequence[str], synthesize: Synthesize) -> None:
        """Synthesize what is missing, one after the other up to the first that fails; the next session goes on there.

        Parameters
        ----------
        texts : phrases; empty ones are left out.
        synthesize : speaks one.
        """
        if self._is_warming:
            return
        self._is_warming = True
        try:
            for text in self.missing(texts):
                try:
                    self._sounds[text] = await synthesize(text)
                except AudiokitError as error:
                    log.warning("the phrase %r was not synthesized, nor are those after it: %s", text, error)
                    return
        finally:
            self._is_warming = False
