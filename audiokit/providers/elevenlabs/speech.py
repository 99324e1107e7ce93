"""`ElevenLabsTTS`: text to speech, a piece at a time as it is made."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, Literal, cast

from audiokit.config import without_user
from audiokit.contracts import Setting, SpeechChunk, Voice, Word
from audiokit.errors import ConfigError
from audiokit.providers.checks import speakable
from audiokit.providers.elevenlabs.alignment import WordTimes
from audiokit.providers.elevenlabs.client import ElevenLabsClient
from audiokit.providers.elevenlabs.decoding import decoder_of
from audiokit.providers.elevenlabs.errors import PROVIDER, unreadable
from audiokit.providers.elevenlabs.live import LiveSpeech
from audiokit.providers.elevenlabs.order import OUTPUT_FORMAT, VOICE_ID, Order
from audiokit.providers.models import ELEVENLABS_SPEECH
from audiokit.providers.streams import guarded, sounding

SILENCE_S = 15.0  # an answer begins within a second; a long text on a busy day within a few
LEAST, LEAST_OF_FLASH = 2, 4  # requests at once in the smallest plan: elevenlabs.io/docs/overview/models, "Concurrency"
FLASH = re.compile("flash|turbo")
PIECE_BYTES = 1024  # 21 ms of 24 kHz: the player gets sound at once

Piece = tuple[bytes, tuple[Word, ...]]
"""Bytes of sound, and the words that ended in them."""

_log = logging.getLogger(__name__)


class ElevenLabsTTS:
    """Text to speech with the voices of ElevenLabs.

    Parameters
    ----------
    model : such as "eleven_flash_v2_5" (soonest), "eleven_multilingual_v2" or "eleven_v3"; a voice's own goes first.
    voice_id : who speaks when no voice is given; a voice of the vendor's that every account has.
    output_format : "pcm_RATE" or "mp3_RATE_KBIT"; pcm_44100 and mp3_44100_192 need a higher plan.
    transport : "http", or "websocket", which begins sooner: while a text is heard, the next one's line is opened.
    words : ask for the times of words too.
    settings : stability, similarity_boost, style, speed, use_speaker_boost; those of a voice go before them.
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    silence_s : longest wait for the next piece, in seconds.

    Raises
    ------
    ConfigError : a format or a setting that there is not.
    MissingKeyError : no `ELEVENLABS_API_KEY`.
    MissingDependencyError : the SDK is not installed.
    """

    def __init__(
        self,
        model: str = ELEVENLABS_SPEECH,
        *,
        voice_id: str = VOICE_ID,
        output_format: str = OUTPUT_FORMAT,
        transport: Literal["http", "websocket"] = "http",
        words: bool = False,
        settings: Mapping[str, Setting] | None = None,
        base_url: str | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        if transport not in ("http", "websocket"):
            raise ConfigError(f"{PROVIDER}: transport is {transport!r}; expected http or websocket")
        self._order = Order(model=model, voice_id=voice_id, output_format=output_format, settings=settings or {})
        self.sample_rate, self.encoding = self._order.sample_rate, self._order.encoding
        self._door = ElevenLabsClient(base_url, silence_s)
        self._live = None
        if transport == "websocket":
            self._live = LiveSpeech(self._order, self._door, silence_s=silence_s, keep_warm=True)
        self._words, self._silence_s = words, silence_s
        self.concurrency = LEAST_OF_FLASH if FLASH.search(model) else LEAST
        """How many texts it speaks at once: what every plan may, and from the first answer on, what this one may."""

    @property
    def settings_key(self) -> str:
        """Every setting that changes the sound or its words, and who speaks: another address may be another service."""
        gives_words = self._words or self._live is not None
        return json.dumps([PROVIDER, 2, *self._order.key, gives_words, without_user(self._door.base_url)])

    def warm_up(self) -> None:
        """Load what the first text would wait for: the SDK, one second, and whom to trust."""
        self._door.warm_up(sdk=not (self._live or self._words))

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`; closing the iterator early stops the vendor's work.

        Parameters
        ----------
        text : up to the model's limit (see `ElevenLabsAccount.models`).
        voice : None is the one of `voice_id`.

        Raises
        ------
        UsageError : nothing to say.
        ConfigError : the voice has a setting that there is not.
        ProviderError : the vendor refused, failed, or stopped in the middle; never retryable after the first piece.
        """
        order, text = self._order.for_voice(voice), speakable(text)
        if self._live:
            chunks = self._live.synthesize_stream(_once(text), voice)
        else:
            chunks = self._decoded(self._timed(order, text) if self._words else self._plain(order, text))
        watched = guarded(sounding(chunks, provider=PROVIDER), self._silence_s, self._silence_s, provider=PROVIDER)
        async with aclosing(cast("AsyncGenerator[SpeechChunk, None]", watched)) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        if self._live:
            await self._live.aclose()
        await self._door.aclose()

    async def _decoded(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[SpeechChunk]:
        decoder = decoder_of(self.encoding, self.sample_rate)
        coded, came = self.encoding != "pcm_s16le", False
        async with aclosing(cast("AsyncGenerator[Piece, None]", pieces)) as opened:
            async for data, words in opened:
                samples, came = decoder.push(data), came or bool(data)
                if len(samples) or words or coded:
                    yield SpeechChunk(samples, self.sample_rate, words, data if coded else b"")
        if came and len(rest := decoder.flush()):
            yield SpeechChunk(rest, self.sample_rate)

    async def _plain(self, order: Order, text: str) -> AsyncIterator[Piece]:
        with self._door.translated():
            body = order.body(text)
            call = self._door.async_sdk().text_to_speech.with_raw_response.stream(
                order.voice_id,
                text=text,
                output_format=cast("Any", order.output_format),
                request_options={"chunk_size": PIECE_BYTES},
                **{name: value for name, value in body.items() if name != "text"},
            )
            async with call as answer:
                self._note(answer.headers, "audio/")
                async for data in answer.data:
                    yield data, ()

    async def _timed(self, order: Order, text: str) -> AsyncIterator[Piece]:
        # Not by the SDK: of this answer it drops every line that it cannot read, without a word.
        line, times = self._door.line(), WordTimes()
        url = f"{self._door.base_url}/v1/text-to-speech/{order.voice_id}/stream/with-timestamps"
        with self._door.translated():
            async with line.stream(
                "POST",
                url,
                params={"output_format": order.output_format},
                json=order.body(text),
                headers=self._door.headers,
            ) as answer:
                if answer.is_error:
                    await answer.aread()
                    answer.raise_for_status()
                self._note(answer.headers, "application/json")
                async for told in answer.aiter_lines():
                    if told:
                        yield _read_line(told, times)
        if rest := tuple(times.flush()):
            yield b"", rest

    def _note(self, headers: Mapping[str, str], kind: str) -> None:
        """Read what an answer says of itself, before its first byte is played."""
        content_type = headers.get("content-type", "")
        if not content_type.startswith(kind):
            raise unreadable(f"{content_type or 'something'} where sound was asked for")
        if (allowed := headers.get("maximum-concurrent-requests", "0")).isdecimal() and int(allowed):
            self.concurrency = int(allowed)
        _log.debug("request %s costs %s characters", headers.get("request-id", "?"), headers.get("character-cost", "0"))


def _read_line(line: str, times: WordTimes) -> Piece:
    told = json.loads(line)
    data = base64.b64decode(told["audio_base64"], validate=True)
    aligned = told.get("alignment")
    if not aligned:
        return data, ()
    starts_s, ends_s = aligned["character_start_times_seconds"], aligned["character_end_times_seconds"]
    return data, tuple(times.push(aligned["characters"], starts_s, ends_s))


async def _once(text: str) -> AsyncIterator[str]:
    yield text
