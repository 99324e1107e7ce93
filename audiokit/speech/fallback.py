"""Another voice when the first one fails: the chain of `--fallback`."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.audio.resample import Resampler
from audiokit.contracts import TTS, SpeechChunk, Voice
from audiokit.errors import AuthenticationError, ConfigError, MissingDependencyError, ProviderError, QuotaError
from audiokit.retry import Retry, acall
from audiokit.speech.concurrency import concurrency_of
from audiokit.speech.streams import closing, collected

UNUSABLE = (ConfigError, MissingDependencyError)
"""Here it cannot be used: no key, no package, a licence that is not accepted."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A TTS with its name."""

    name: str
    """The provider's name: its own voices are for it, the others are not."""
    tts: TTS
    """Who speaks."""


class FallbackTTS:
    """The first of several that speaks.

    Live, the next one is asked only as long as nothing was heard: two voices in one sentence would be worse than none.
    One that fails for good, for its key or its quota, is not asked again. All is given at the rate of the first.

    Parameters
    ----------
    speakers : in order, at least one.
    """

    encoding = "pcm_s16le"

    def __init__(self, speakers: Sequence[Speaker]) -> None:
        if not speakers:
            raise ValueError("no speaker; expected at least one")
        self._speakers = list(speakers)
        self.sample_rate = speakers[0].tts.sample_rate

    @property
    def settings_key(self) -> str:
        """Those of all."""
        return json.dumps([speaker.tts.settings_key for speaker in self._speakers])

    @property
    def concurrency(self) -> int | None:
        """How many texts it speaks at once: as the first that can be asked."""
        return concurrency_of(self._speakers[0].tts)

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text` with the first that can.

        Raises
        ------
        What the last of them raised, or any one that had begun to speak.
        """
        for speaker in list(self._speakers):
            is_heard = False
            try:
                async with closing(self._asked(speaker, text, voice)) as chunks:
                    async for chunk in chunks:
                        is_heard = is_heard or len(chunk.samples) > 0
                        yield chunk
                return
            except (ProviderError, *UNUSABLE) as error:
                if is_heard or speaker is self._speakers[-1]:
                    raise
                self._leave(speaker, error)

    async def whole(self, text: str, voice: Voice | None = None) -> list[SpeechChunk]:
        """Speak `text` to its end with the first that can, each tried again where that may help; give all of it.

        Nothing is heard before it is whole, so the next one may also speak a sentence that another broke off.

        Raises
        ------
        What the last of them raised.
        """
        for speaker in list(self._speakers):
            try:
                return await acall(partial(self._collected, speaker, text, voice), Retry())
            except (ProviderError, *UNUSABLE) as error:
                if speaker is self._speakers[-1]:
                    raise
                self._leave(speaker, error)
        raise AssertionError("the last speaker neither spoke nor failed")

    async def _collected(self, speaker: Speaker, text: str, voice: Voice | None) -> list[SpeechChunk]:
        return await collected(self._asked(speaker, text, voice), provider=speaker.name)

    def _leave(self, speaker: Speaker, error: Exception) -> None:
        log.warning("%s cannot speak: %s Going on with the next voice.", speaker.name, error)
        # A sentence that it refuses, or a line that was cut, says nothing about the next sentence.
        if isinstance(error, (AuthenticationError, QuotaError, *UNUSABLE)) and speaker in self._speakers[:-1]:
            self._speakers.remove(speaker)

    async def _asked(self, speaker: Speaker, text: str, voice: Voice | None) -> AsyncIterator[SpeechChunk]:
        own = voice if voice and voice.provider == speaker.name else None
        resampler = Resampler(speaker.tts.sample_rate, self.sample_rate)
        async with closing(speaker.tts.synthesize(text, own)) as chunks:
            async for chunk in chunks:
                yield self._chunk(resampler.push(chunk.samples), chunk)
        yield self._chunk(resampler.flush())

    def _chunk(self, samples: Samples, source: SpeechChunk | None = None) -> SpeechChunk:
        return SpeechChunk(np.ascontiguousarray(samples), self.sample_rate, source.words if source else ())
