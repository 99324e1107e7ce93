"""Streams of speech: closed when they are left, or taken whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from threading import Semaphore, Thread
from typing import Generic, TypeVar

from audiokit.contracts import TTS, SpeechChunk, Voice
from audiokit.errors import ProviderError, ProviderUnavailable

T = TypeVar("T")


@asynccontextmanager
async def closing(items: AsyncIterator[T]) -> AsyncIterator[AsyncIterator[T]]:
    """Close a stream that is left early, so that nobody goes on working for it."""
    try:
        yield items
    finally:
        if isinstance(items, AsyncGenerator):
            await items.aclose()


async def from_iterator(items: Iterable[T]) -> AsyncIterator[T]:
    """Give what an iterator gives that may block, such as one that reads what is typed.

    It runs in a thread of its own, one item ahead. Nobody waits for that thread, so Ctrl-C need not wait for a key.
    """
    puller = _Puller(items, asyncio.get_running_loop())
    Thread(target=puller.run, name="audiokit-iterator", daemon=True).start()
    try:
        while (given := await puller.given.get()) is not None:
            if isinstance(given, BaseException):
                raise given
            yield given[0]
            puller.wanted.release()
    finally:
        puller.is_over = True
        puller.wanted.release()


class _Puller(Generic[T]):
    """Takes items in one thread for the loop of another."""

    def __init__(self, items: Iterable[T], loop: asyncio.AbstractEventLoop) -> None:
        self._items, self._loop = items, loop
        self.given: asyncio.Queue[tuple[T] | BaseException | None] = asyncio.Queue()
        self.wanted = Semaphore(0)
        self.is_over = False

    def run(self) -> None:
        try:
            for item in self._items:
                self._give((item,))
                self.wanted.acquire()
                if self.is_over:
                    return
            self._give(None)
        except BaseException as error:  # it is the listener's, whatever it is
            self._give(error)

    def _give(self, given: tuple[T] | BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop has ended before the iterator
            self._loop.call_soon_threadsafe(self.given.put_nowait, given)


async def whole(tts: TTS, text: str, voice: Voice | None) -> list[SpeechChunk]:
    """Speak `text` to its end; give all of it, as `collected` does."""
    return await collected(tts.synthesize(text, voice), provider=provider_of(tts))


async def collected(stream: AsyncIterator[SpeechChunk], *, provider: str) -> list[SpeechChunk]:
    """Take all of a stream of speech.

    Raises
    ------
    ProviderUnavailable : it held no sound.
    What the stream raises; also what broke off is retryable then.
    """
    with starting_over():
        async with closing(stream) as chunks:
            given = [chunk async for chunk in chunks]
    if not any(len(chunk.samples) for chunk in given):
        raise soundless(provider)
    return given


def soundless(provider: str) -> ProviderUnavailable:
    """Make the error of a provider that answered a text with nothing to hear."""
    return ProviderUnavailable(f"{provider} answered without any sound", provider=provider, retryable=True)


def provider_of(tts: TTS) -> str:
    """Give the name to blame: of a voice that names no provider, that of its class."""
    return getattr(tts, "provider", type(tts).__name__)


@contextmanager
def starting_over() -> Iterator[None]:
    """Let what was cut off be tried again: nothing of it has been heard yet."""
    try:
        yield
    except ProviderError as error:
        error.retryable = error.is_passing
        raise
