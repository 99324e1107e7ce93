"""`CountedTTS`: a TTS that counts what it is asked, for those that have no cache in front."""

from __future__ import annotations

from collections.abc import AsyncIterator

from audiokit.contracts import TTS, SpeechChunk, Voice
from audiokit.speech.concurrency import concurrency_of
from audiokit.speech.streams import closing
from audiokit.speech.usage import UsageCounter


class CountedTTS:
    """A TTS in front of another that counts its characters once the first sound of them has come.

    Parameters
    ----------
    tts : who speaks.
    provider : the name of `tts` in the registry.
    model : the model that `tts` was opened with; empty: its default.
    usage : where it is counted.
    """

    def __init__(self, tts: TTS, *, provider: str, usage: UsageCounter, model: str = "") -> None:
        self._tts, self.provider, self._model, self._usage = tts, provider, model, usage
        self.sample_rate, self.encoding, self.settings_key = tts.sample_rate, tts.encoding, tts.settings_key

    @property
    def concurrency(self) -> int | None:
        """How many texts it speaks at once: as the TTS behind."""
        return concurrency_of(self._tts)

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, and count it."""
        is_counted = False
        async with closing(self._tts.synthesize(text, voice)) as stream:
            async for chunk in stream:
                if not is_counted:
                    self._usage.characters(self.provider, (voice.model if voice else "") or self._model, len(text))
                    is_counted = True
                yield chunk
