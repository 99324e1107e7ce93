"""`VoicedTTS`: a provider of speech together with the voice it speaks with, so that each fallback has its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

from audiokit.contracts import TTS, SpeechChunk, Voice
from audiokit.speech.concurrency import concurrency_of


class VoicedTTS:
    """A `TTS` that has a voice where none is asked for, and a name for messages.

    Parameters
    ----------
    tts : who speaks.
    name : its name in the registry.
    voice : as whom; None is the provider's default voice.
    """

    def __init__(self, tts: TTS, name: str, voice: Voice | None = None) -> None:
        self.name, self._tts, self._voice = name, tts, voice
        self.sample_rate, self.encoding, self.settings_key = tts.sample_rate, tts.encoding, tts.settings_key

    @property
    def concurrency(self) -> int | None:
        """How many texts it speaks at once: as the TTS behind."""
        return concurrency_of(self._tts)

    def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, a piece at a time as it is made."""
        return self._tts.synthesize(text, voice or self._voice)
