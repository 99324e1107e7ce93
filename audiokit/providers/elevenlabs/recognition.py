"""`ElevenLabsSTT`: speech to text with Scribe, live or of a whole recording."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import Any, cast

import numpy as np

from audiokit.audio.chunk import AudioChunk, to_pcm16
from audiokit.audio.resample import Resampler
from audiokit.contracts import Transcript, Word
from audiokit.errors import ConfigError
from audiokit.providers.elevenlabs.client import ONCE, ElevenLabsClient
from audiokit.providers.elevenlabs.errors import PROVIDER
from audiokit.providers.elevenlabs.languages import two_letters
from audiokit.providers.elevenlabs.scribe import SAMPLE_RATE, listened
from audiokit.providers.gathered import of_one_rate
from audiokit.providers.models import ELEVENLABS_LIVE, ELEVENLABS_RECORDINGS
from audiokit.retry import Retry, acall

SILENCE_S = 15.0
ANSWER_S = 240.0  # for an hour of speech, which is transcribed in a minute or two
LEAST_S = 0.1  # the vendor takes nothing shorter


class ElevenLabsSTT:
    """Speech to text.

    Parameters
    ----------
    realtime : text while the audio still comes; else the stream is sent whole, at its end, for better words.
    model : empty is "scribe_v2_realtime", or "scribe_v2".
    language : ISO 639-1 code; empty lets the model find out.
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    silence_s : live, the longest wait for a transcript that was asked for, in seconds.
    retry : not live, how often to try again when the vendor fails.

    Raises
    ------
    MissingKeyError : no `ELEVENLABS_API_KEY`.
    MissingDependencyError : the SDK is not installed.
    """

    def __init__(
        self,
        *,
        realtime: bool = True,
        model: str = "",
        language: str = "",
        base_url: str | None = None,
        silence_s: float = SILENCE_S,
        retry: Retry = Retry(),  # noqa: B008  frozen
    ) -> None:
        if language and len(language) != 2:
            raise ConfigError(f"{PROVIDER}: the language is {language!r}; expected a code of two letters, such as en")
        self.streaming = realtime
        self._model = model or (ELEVENLABS_LIVE if realtime else ELEVENLABS_RECORDINGS)
        self._language, self._silence_s, self._retry = language, silence_s, retry
        self._door = ElevenLabsClient(base_url, silence_s if realtime else ANSWER_S)

    @property
    def settings_key(self) -> str:
        """Everything that changes the text, as part of a cache's key."""
        return json.dumps([PROVIDER, 1, self._model, self._language])

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        """Give partial transcripts, and a final one for each chunk without frames and for the end.

        Not live, there are no partial ones, and chunks without frames are passed over.

        Parameters
        ----------
        chunks : of one rate, whichever.

        Raises
        ------
        ProviderError : the vendor refused, failed or fell silent; a live line is not opened again, as what was said
            before is lost.
        ValueError : chunks of different rates.
        """
        if not self.streaming:
            yield await self._transcribe_whole(await _collected(chunks))
            return
        query = {
            "model_id": self._model,
            "audio_format": f"pcm_{SAMPLE_RATE}",
            "commit_strategy": "manual",
            "include_timestamps": True,
            "language_code": self._language or None,
        }
        events = listened(self._door, query, resampled(chunks), self._silence_s)
        async with aclosing(cast("AsyncGenerator[Mapping[str, Any], None]", events)) as opened:
            async for event in opened:
                with self._door.translated():
                    transcript = self._read(event)
                yield transcript

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        await self._door.aclose()

    def _read(self, event: Mapping[str, Any]) -> Transcript:
        if event["message_type"] == "partial_transcript":
            return Transcript(text=str(event["text"]).strip(), language=self._language, is_final=False)
        return _transcript(str(event["text"]), event.get("language_code") or self._language, event.get("words") or ())

    async def _transcribe_whole(self, pcm: bytes) -> Transcript:
        if len(pcm) < 2 * LEAST_S * SAMPLE_RATE:
            return Transcript(text="", language=self._language)

        language: dict[str, Any] = {"language_code": self._language} if self._language else {}

        async def attempt() -> Transcript:
            with self._door.translated():
                answer: Any = await self._door.async_sdk().speech_to_text.convert(
                    model_id=self._model,
                    file=("speech.pcm", pcm, "application/octet-stream"),
                    file_format="pcm_s16le_16",
                    tag_audio_events=False,
                    request_options=cast("Any", ONCE),
                    **language,
                )
                words = [dict(word) for word in answer.words]
                return _transcript(answer.text, answer.language_code, words, answer.language_probability)

        return await acall(attempt, self._retry)


async def resampled(chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[bytes]:
    """Give the stream as 16-bit PCM of 16 kHz; empty bytes where a chunk without frames asks for a transcript.

    Raises
    ------
    ValueError : chunks of different rates.
    """
    resampler: Resampler | None = None
    async for chunk in of_one_rate(chunks):
        resampler = resampler or Resampler(chunk.sample_rate, SAMPLE_RATE)
        if not len(chunk.samples):
            yield b""
        elif pcm := to_pcm16(resampler.push(chunk.samples)):
            yield pcm
    if resampler and (pcm := to_pcm16(resampler.flush())):
        yield pcm


async def _collected(chunks: AsyncIterator[AudioChunk]) -> bytes:
    return b"".join([pcm async for pcm in resampled(chunks)])


def _transcript(text: str, language: str | None, told: Any, likely: float | None = None) -> Transcript:
    words = tuple(_words(told))
    return Transcript(
        text=text.strip(),
        language=two_letters(language),
        language_probability=likely,
        confidence=float(np.mean([word.confidence for word in words])) if words else 0.0,
        words=words,
    )


def _words(told: Any) -> Iterator[Word]:
    """Read the words of a transcript; the vendor gives the spaces between them too."""
    for word in told:
        if word.get("type") == "word":
            yield Word(
                text=str(word["text"]).strip(),
                start_s=float(word["start"]),
                end_s=float(word["end"]),
                confidence=min(1.0, math.exp(word.get("logprob") or 0.0)),
            )
