"""`CachedTTS`: a voice that remembers what it said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from audiokit.contracts import TTS, SpeechChunk, Voice
from audiokit.speech.cache import SpeechCache
from audiokit.speech.cache_key import SpeechRequest, speech_request
from audiokit.speech.concurrency import concurrency_of
from audiokit.speech.entry import SpeechEntry, entry_of
from audiokit.speech.single_flight import Flight
from audiokit.speech.streams import closing
from audiokit.speech.usage import UsageCounter

T = TypeVar("T")

LOOK_EVERY_S = 0.02  # how soon a waiting one hears that another has paid
LONGEST_WAIT_S = 60.0  # then it pays itself: better twice than never
THREADS = 4  # our own, because those of asyncio may all be busy with a model


class CachedTTS:
    """A TTS in front of another: what was said before comes from the disk and costs nothing.

    Speech is kept only when all of it has come. Of several that ask for the same at once, in any thread or process,
    one asks the provider; the others wait for it. The event loop never waits for the disk.

    Parameters
    ----------
    tts : who speaks what is not known yet.
    cache : where speech is kept.
    provider : the name of `tts` in the registry.
    model : the model that `tts` was opened with; empty: its default.
    usage : what was paid and what was not is counted there.
    """

    def __init__(
        self, tts: TTS, cache: SpeechCache, *, provider: str, model: str = "", usage: UsageCounter | None = None
    ) -> None:
        self.tts, self.cache, self.provider, self.model = tts, cache, provider, model
        self.usage = usage or UsageCounter()
        self.sample_rate, self.encoding = tts.sample_rate, tts.encoding
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="audiokit-cache")

    @property
    def settings_key(self) -> str:
        """That of the TTS behind."""
        return self.tts.settings_key

    @property
    def concurrency(self) -> int | None:
        """How many texts it speaks at once: as the TTS behind."""
        return concurrency_of(self.tts)

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`: as it was kept, or as it is made.

        Raises
        ------
        What the TTS behind raises; nothing for trouble with the cache.
        """
        request, entry = await self._in_thread(lambda: self._looked_up(text, voice))
        if entry is None:
            flight = self.cache.flight(request)
            try:
                entry = await self._kept_by_another(request, flight)
                if entry is None:
                    async with closing(self._made(request, voice)) as made:
                        async for chunk in made:
                            yield chunk
                    return
            finally:
                flight.end()
        self._count(request, hit=True)
        for chunk in entry.chunks():
            yield chunk

    def _looked_up(self, text: str, voice: Voice | None) -> tuple[SpeechRequest, SpeechEntry | None]:
        request = speech_request(self.tts, text, voice, provider=self.provider, model=self.model)
        return request, self.cache.get(request)

    async def _kept_by_another(self, request: SpeechRequest, flight: Flight) -> SpeechEntry | None:
        """Wait until another has made it, or until it is our turn to; None then."""
        give_up_s = time.monotonic() + LONGEST_WAIT_S
        while not await self._in_thread(lambda: self._begun(flight)):
            if time.monotonic() > give_up_s:
                break
            await asyncio.sleep(LOOK_EVERY_S)  # an event would know nothing of other processes
        return await self._in_thread(lambda: self.cache.get(request))

    def _begun(self, flight: Flight) -> bool:
        try:
            return flight.begin()
        except OSError as error:
            self.cache.warn(error)
            return True

    async def _made(self, request: SpeechRequest, voice: Voice | None) -> AsyncIterator[SpeechChunk]:
        """Ask the provider, and keep what came once all of it has."""
        chunks: list[SpeechChunk] = []
        async with closing(self.tts.synthesize(request.text, voice)) as stream:
            async for chunk in stream:
                if not chunks:  # what is refused before is not paid for
                    self._count(request, hit=False)
                chunks.append(chunk)
                yield chunk
        if any(len(chunk.samples) for chunk in chunks):
            await self._in_thread(lambda: self.cache.put(entry_of(request, chunks)))

    def _count(self, request: SpeechRequest, *, hit: bool) -> None:
        self.usage.characters(request.provider, request.model, len(request.text), cached=hit)
        if self.cache.count(request, hit=hit):
            self._threads.submit(self.cache.write_counts)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
