"""`LiveSpeech`: text in, speech out, while the text is still being written."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from audiokit.contracts import SpeechChunk, Voice, Word
from audiokit.errors import ConfigError, ProviderError, ProviderTimeout
from audiokit.providers.elevenlabs.alignment import WordTimes
from audiokit.providers.elevenlabs.client import ElevenLabsClient
from audiokit.providers.elevenlabs.decoding import Decoder, decoder_of
from audiokit.providers.elevenlabs.errors import PROVIDER, unreadable
from audiokit.providers.elevenlabs.order import Order
from audiokit.providers.elevenlabs.tasks import stopped

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

SCHEDULE = (50, 90, 140, 290)  # characters before each piece of sound is begun; 50 is the least the vendor takes
IDLE_S = 180  # the longest the vendor keeps a silent line
FRESH_S = 150.0  # after it, an idle line might be closed just when it is used
SILENCE_S = 15.0
ENDS_SENTENCE = (".", "!", "?", "…", ":", ";", "。", "！", "？")

_Place = tuple[asyncio.AbstractEventLoop, str, str, str]
"""What a line is good for: its loop, and voice, model and language."""


class LiveSpeech:
    """Speaks texts that are still growing, each over a WebSocket of its own.

    Parameters
    ----------
    order : how to speak; PCM only, so that times of words can be told.
    door : the way to the vendor.
    silence_s : longest wait for the vendor, in seconds; while the text itself is late, it may take what it needs.
    keep_warm : as soon as a text is heard, open the line of the next one: that saves two round trips.
    """

    def __init__(
        self, order: Order, door: ElevenLabsClient, *, silence_s: float = SILENCE_S, keep_warm: bool = False
    ) -> None:
        if order.encoding != "pcm_s16le":
            raise ConfigError(
                f"{PROVIDER}: live speech comes as pcm_16000, pcm_24000 ...; not as {order.output_format}"
            )
        self._order, self._door = order, door
        self._silence_s, self._keep_warm = silence_s, keep_warm
        self._ahead: dict[_Place, tuple[asyncio.Task[ClientConnection], float]] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def prepare(self, voice: Voice | None = None) -> None:
        """Open the line for the next text in advance.

        Raises
        ------
        ProviderError : the vendor cannot be reached or refuses.
        """
        order = self._order.for_voice(voice)
        try:
            await self._open_ahead(order)
        except ProviderError:
            self._ahead.pop(_place(order), None)
            raise

    async def synthesize_stream(
        self, texts: AsyncIterator[str], voice: Voice | None = None
    ) -> AsyncIterator[SpeechChunk]:
        """Speak text as it comes.

        Parameters
        ----------
        texts : pieces of any length, such as a language model writes; spoken as one.
        voice : None is the order's own.

        Raises
        ------
        ProviderError : the vendor refused, failed or fell silent; retryable only if no sound came.
        What `texts` itself raises.
        """
        order = self._order.for_voice(voice)
        came = False
        try:
            line = await self._taken(order)
            talk = _Talk(line, texts, order, self._silence_s, self._door)
            try:
                async for chunk in talk.chunks():
                    if self._keep_warm and not came:
                        self._open_ahead(order)
                    came = True
                    yield chunk
                await line.close()
            finally:
                self._close_soon(line)
                await talk.end()
        except ProviderError as error:
            error.retryable = error.retryable and not came
            raise

    async def aclose(self) -> None:
        """Close the running loop's lines; whoever ends a loop calls this first."""
        loop = asyncio.get_running_loop()
        for place in [place for place in self._ahead if place[0] is loop]:
            opening, _ = self._ahead.pop(place)
            with suppress(ProviderError):  # nobody needs it any more
                await (await opening).close()
        if closing := [task for task in self._closing if task.get_loop() is loop]:
            await asyncio.wait(closing)

    def _close_soon(self, line: ClientConnection) -> None:
        """Take leave without waiting for the vendor's: who interrupts wants to go on at once."""
        closing = asyncio.create_task(line.close())
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)

    def _open_ahead(self, order: Order) -> asyncio.Task[ClientConnection]:
        place = _place(order)
        if place not in self._ahead:
            self._ahead[place] = (asyncio.create_task(self._opened(order)), time.monotonic())
        return self._ahead[place][0]

    async def _taken(self, order: Order) -> ClientConnection:
        from websockets.protocol import State

        opening, begun_s = self._ahead.pop(_place(order), (None, 0.0))
        if opening:
            with suppress(ProviderError):  # a fresh line will meet it too, and tell
                line = await opening
                if line.state is State.OPEN and time.monotonic() - begun_s < FRESH_S:
                    return line
                await line.close()
        return await self._opened(order)

    async def _opened(self, order: Order) -> ClientConnection:
        query = {
            "model_id": order.model,
            "output_format": order.output_format,
            "language_code": order.enforced_language,
            "inactivity_timeout": IDLE_S,
            "sync_alignment": True,
        }
        with self._door.translated():
            return await self._door.socket(f"/v1/text-to-speech/{order.voice_id}/stream-input", query)


class _Talk:
    """One text on one line."""

    def __init__(
        self, line: ClientConnection, texts: AsyncIterator[str], order: Order, silence_s: float, door: ElevenLabsClient
    ) -> None:
        self._line, self._order, self._silence_s, self._door = line, order, silence_s, door
        self._decoder: Decoder = decoder_of(order.encoding, order.sample_rate)
        self._times, self._heard_s = WordTimes(), 0.0
        self._sending = asyncio.create_task(self._send(texts))

    async def chunks(self) -> AsyncIterator[SpeechChunk]:
        while not (message := await self._next()).get("isFinal"):
            if "error" in message:
                raise self._door.live_error(message["error"], message.get("message", ""))
            with self._door.translated():
                chunk = self._read(message)
            if chunk:
                yield chunk
        self._decoder.flush()
        if rest := tuple(self._times.flush()):
            yield SpeechChunk(self._decoder.push(b""), self._order.sample_rate, rest)

    async def end(self) -> None:
        """Send no more."""
        await stopped(self._sending)

    async def _send(self, texts: AsyncIterator[str]) -> None:
        await self._say(text=" ", **self._manner())
        async for words in whole_words(texts):
            flush = words.rstrip().endswith(ENDS_SENTENCE)
            await self._say(text=words, **({"flush": True} if flush else {}))
        await self._say(text="")

    def _manner(self) -> dict[str, Any]:
        manner: dict[str, Any] = {"generation_config": {"chunk_length_schedule": list(SCHEDULE)}}
        return manner | ({"voice_settings": dict(self._order.settings)} if self._order.settings else {})

    async def _say(self, **message: Any) -> None:
        await self._line.send(json.dumps(message))

    async def _next(self) -> dict[str, Any]:
        try:
            with self._door.translated():
                received = await self._received()
                message = None if received is None else json.loads(received)
        except ProviderError:
            self._raise_what_texts_raised()
            raise
        if received is None:
            self._raise_what_texts_raised()
        if not isinstance(message, dict):
            raise unreadable(f"{str(message)[:80]!r} where speech was expected")
        return message

    async def _received(self) -> str | bytes | None:
        """Wait for a message; None if the text broke off."""
        receiving = asyncio.ensure_future(self._line.recv())
        try:
            while not receiving.done():
                if self._text_error():
                    return None
                patient = not self._sending.done()
                waiting = {receiving, self._sending} if patient else {receiving}
                done, _ = await asyncio.wait(waiting, timeout=self._silence_s, return_when=asyncio.FIRST_COMPLETED)
                if not done and not patient:
                    raise _silence(self._silence_s)
            return receiving.result()
        finally:
            receiving.cancel()

    def _text_error(self) -> BaseException | None:
        """Give why the text broke off, if it did; a line that breaks tells itself, when it is next read."""
        from websockets import ConnectionClosed

        error = self._sending.exception() if self._sending.done() and not self._sending.cancelled() else None
        return None if isinstance(error, ConnectionClosed) else error

    def _raise_what_texts_raised(self) -> None:
        if error := self._text_error():
            raise error

    def _read(self, message: dict[str, Any]) -> SpeechChunk | None:
        data = base64.b64decode(message.get("audio") or "", validate=True)
        words = tuple(self._words(message.get("alignment") or message.get("normalizedAlignment") or {}))
        samples = self._decoder.push(data)
        self._heard_s += len(samples) / self._order.sample_rate
        return SpeechChunk(samples, self._order.sample_rate, words) if len(samples) or words else None

    def _words(self, aligned: dict[str, Any]) -> Sequence[Word]:
        """Read the words of a message, whose times begin anew with each."""
        characters = aligned.get("chars") or ()
        starts_s = [self._heard_s + start_ms / 1000 for start_ms in aligned.get("charStartTimesMs") or ()]
        lengths = aligned.get("charDurationsMs") or aligned.get("charsDurationsMs") or ()  # the vendor documents both
        ends_s = [start_s + length_ms / 1000 for start_s, length_ms in zip(starts_s, lengths, strict=True)]
        return tuple(self._times.push(characters, starts_s, ends_s))


async def whole_words(texts: AsyncIterator[str]) -> AsyncIterator[str]:
    """Join pieces of text so that each ends after a word, with the one space that the vendor wants there."""
    waiting = ""
    async for text in texts:
        waiting += text
        head, space, tail = _last_space(waiting)
        if space and head.strip():
            yield f"{head.strip()} "
            waiting = tail
    if waiting.strip():
        yield f"{waiting.strip()} "


def _last_space(text: str) -> tuple[str, str, str]:
    for place in range(len(text) - 1, -1, -1):
        if text[place].isspace():
            return text[:place], text[place], text[place + 1 :]
    return "", "", text


def _silence(silence_s: float) -> ProviderTimeout:
    return ProviderTimeout(f"{PROVIDER} sent nothing for {silence_s:g} s", provider=PROVIDER, retryable=True)


def _place(order: Order) -> _Place:
    return asyncio.get_running_loop(), order.voice_id, order.model, order.language
