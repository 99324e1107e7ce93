"""Speech of a text that is still being written: the first clause sounds while the rest is not there yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

from audiokit.contracts import TTS, SpeechChunk, Voice
from audiokit.errors import UsageError
from audiokit.speech.sentences import ClauseSplitter
from audiokit.speech.streams import closing, from_iterator, provider_of, soundless

MOST_WAITING = 256  # chunks made ahead of the listener; then the voice waits


async def streamed(
    tts: TTS, texts: Iterable[str], voice: Voice | None = None, *, change: Callable[[str], str] = str
) -> AsyncIterator[SpeechChunk]:
    """Speak texts as they come, clause by clause, and make the next one while the last is heard.

    Parameters
    ----------
    tts, voice : who speaks.
    texts : pieces of a text, in any portions; taken in a thread, so they may come slowly.
    change : what each clause is turned into before it is spoken.

    Raises
    ------
    UsageError : nothing to say.
    What `texts` and `tts` raise.
    """
    chunks: asyncio.Queue[SpeechChunk | None] = asyncio.Queue(MOST_WAITING)
    clauses: asyncio.Queue[str | None] = asyncio.Queue()
    jobs = [
        asyncio.create_task(_read(texts, clauses)),
        asyncio.create_task(_speak(tts, voice, clauses, chunks, change)),
    ]
    try:
        is_silent = True
        while chunk := await chunks.get():
            is_silent = False
            yield chunk
        for job in jobs:
            await job
        if is_silent:
            raise UsageError("nothing to say: the text has no letter and no figure")
    finally:
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)


async def _read(texts: Iterable[str], clauses: asyncio.Queue[str | None]) -> None:
    splitter = ClauseSplitter(markdown=False)
    try:
        async with closing(from_iterator(texts)) as pieces:
            async for text in pieces:
                for clause in splitter.push(text):
                    clauses.put_nowait(clause)
        for clause in splitter.flush():
            clauses.put_nowait(clause)
    finally:
        clauses.put_nowait(None)


async def _speak(
    tts: TTS,
    voice: Voice | None,
    clauses: asyncio.Queue[str | None],
    chunks: asyncio.Queue[SpeechChunk | None],
    change: Callable[[str], str],
) -> None:
    offset_s = 0.0
    try:
        while clause := await clauses.get():
            end_s = offset_s
            async with closing(tts.synthesize(change(clause), voice)) as stream:
                async for chunk in stream:
                    await chunks.put(_moved(chunk, offset_s))
                    end_s += chunk.duration_s
            if end_s == offset_s:
                raise soundless(provider_of(tts))
            offset_s = end_s
    except Exception:  # a cancellation is none: nobody listens any more then
        await chunks.put(None)
        raise
    await chunks.put(None)  # a listener who is behind takes what waits first


def _moved(chunk: SpeechChunk, offset_s: float) -> SpeechChunk:
    words = tuple(replace(word, start_s=word.start_s + offset_s, end_s=word.end_s + offset_s) for word in chunk.words)
    return replace(chunk, words=words)
