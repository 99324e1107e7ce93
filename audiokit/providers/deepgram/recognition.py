"""`DeepgramSTT`: text while one speaks (Nova), the same with the ends of turns (Flux), or of whole recordings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode

from audiokit import config
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Transcript
from audiokit.errors import ConfigError, MissingDependencyError, ProviderError
from audiokit.providers.checks import number
from audiokit.providers.deepgram.errors import UNREADABLE, unreadable
from audiokit.providers.deepgram.live import FLUX, NOVA, Line
from audiokit.providers.deepgram.recorded import socket_url, transcribe_recording
from audiokit.providers.deepgram.results import FluxReader, NovaReader, check_error, joined
from audiokit.providers.gathered import flac, of_one_rate, shifted, stretches
from audiokit.providers.models import DEEPGRAM

UTTERANCE_END_S = 1.0  # the least that Deepgram takes: no word for so long ends an utterance even in noise


class DeepgramSTT:
    """Speech to text by Deepgram.

    Parameters
    ----------
    model : "nova-3", or "flux-general-en" and "flux-general-multi", which also tell when a turn has ended.
    language : as Deepgram writes it, such as "en", "de", "en-GB", or "multi".
    realtime : text while the sound still goes in; False sends whole recordings, which is cheaper and a little better.
    endpointing_s : Nova: pause that ends an utterance, in seconds.
    end_threshold : Flux: how sure of the end of a turn it must be, 0.5 .. 0.9.
    eager_threshold : Flux: how sure to tell of a likely end, 0.3 .. 0.9; 0 does not tell. Speculation needs it.
    keyterms : names and terms to be listened for.
    silence_s : longest time that Deepgram may hear sound and say nothing, in seconds.

    Raises
    ------
    ConfigError : a setting outside its range; recordings with Flux.
    MissingKeyError : no `DEEPGRAM_API_KEY`.
    MissingDependencyError : websockets is not installed.
    """

    def __init__(
        self,
        model: str = DEEPGRAM,
        *,
        language: str = "en",
        realtime: bool = True,
        endpointing_s: float = 0.3,
        end_threshold: float = 0.7,
        eager_threshold: float = 0.0,
        keyterms: Sequence[str] = (),
        silence_s: float = 10.0,
    ) -> None:
        if realtime and find_spec("websockets") is None:
            raise MissingDependencyError("Deepgram's line (websockets)", extra="agent")
        self._is_flux = model.startswith("flux")
        if self._is_flux and not realtime:
            raise ConfigError(f"deepgram's {model} hears live speech only; choose {DEEPGRAM} for recordings")
        self._base_url = config.base_url("deepgram")
        self._key = config.key("deepgram") or config.Key("")
        self._model, self._language, self._keyterms = model, language, tuple(keyterms)
        self._endpointing_s = number("deepgram", "endpointing_s", endpointing_s, 0.01, 5.0)
        self._end_threshold = number("deepgram", "end_threshold", end_threshold, 0.5, 0.9)
        self._eager_threshold = number("deepgram", "eager_threshold", eager_threshold, 0.0, 0.9)
        self._silence_s = silence_s
        self.streaming = realtime

    @property
    def settings_key(self) -> str:
        """Everything that changes the text, as part of a cache key."""
        live = [self._endpointing_s, self._end_threshold] if self.streaming else []
        return json.dumps(["deepgram", 1, self._model, self._language, self._keyterms, *live])

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        """Give partial transcripts as they come, and a final one for each utterance.

        Raises
        ------
        ProviderError : or one below it; retryable only while nothing was given.
        ValueError : chunks of different rates.
        """
        came = False
        texts = self._live(chunks) if self.streaming else self._recorded(chunks)
        async with aclosing(texts):
            try:
                async for transcript in texts:
                    came = True
                    yield transcript
            except ProviderError as error:
                error.retryable = error.retryable and not came
                raise

    async def _recorded(self, chunks: AsyncIterator[AudioChunk]) -> AsyncGenerator[Transcript, None]:
        start_s = 0.0
        async for audio in stretches(chunks):
            heard = joined([], self._short_language)
            if audio.frames:
                heard = await transcribe_recording(
                    await asyncio.to_thread(flac, audio),
                    base_url=self._base_url,
                    key=self._key,
                    language=self._short_language,
                    settings=self._recording_settings(),
                )
            yield Transcript(
                text=heard.text,
                language=heard.language,
                confidence=heard.confidence,
                words=shifted(heard.words, start_s),
            )
            start_s += audio.duration_s

    async def _live(self, chunks: AsyncIterator[AudioChunk]) -> AsyncGenerator[Transcript, None]:
        sound = of_one_rate(chunks)
        first = await anext(sound, None)
        reader = (FluxReader if self._is_flux else NovaReader)(self._short_language)
        was_final = False
        if first:
            line = Line(self._url(first.sample_rate), self._key, FLUX if self._is_flux else NOVA, self._silence_s)
            async with aclosing(line.messages(_led_by(first, sound))) as messages:
                async for message in messages:
                    check_error(message)
                    for transcript in _read(reader, message):
                        was_final = was_final or transcript.is_final
                        yield transcript
        for transcript in reader.rest():
            was_final = True
            yield transcript
        if not was_final:
            yield joined([], self._short_language)

    @property
    def _short_language(self) -> str:
        return "" if self._language == "multi" else self._language[:2]

    def _url(self, sample_rate: int) -> str:
        query: dict[str, Any] = {"model": self._model, "encoding": "linear16", "sample_rate": sample_rate}
        if self._is_flux:
            query["eot_threshold"] = self._end_threshold
            if self._eager_threshold:
                query["eager_eot_threshold"] = self._eager_threshold
            if self._model.endswith("multi") and self._short_language:
                query["language_hint"] = self._language
        else:
            query |= {"language": self._language, "channels": 1, "smart_format": "true", "interim_results": "true"}
            query |= {"endpointing": round(self._endpointing_s * 1000), "vad_events": "true"}
            query["utterance_end_ms"] = round(UTTERANCE_END_S * 1000)
        if self._keyterms:
            query["keyterm"] = self._keyterms
        path = "/v2/listen" if self._is_flux else "/v1/listen"
        return f"{socket_url(self._base_url, path)}?{urlencode(query, doseq=True)}"

    def _recording_settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = {"model": self._model, "language": self._language, "smart_format": True}
        return settings | ({"keyterm": list(self._keyterms)} if self._keyterms else {})


def _read(reader: NovaReader | FluxReader, message: Any) -> list[Transcript]:
    try:
        return list(reader.read(message))
    except UNREADABLE as error:
        raise unreadable(error) from error


async def _led_by(first: AudioChunk, others: AsyncIterator[AudioChunk]) -> AsyncIterator[AudioChunk]:
    yield first
    async for chunk in others:
        yield chunk
