"""What the user says: one stream to a recognizer, opened anew when it breaks, without losing a sample of speech."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import replace

import numpy as np

from audiokit.agent.ahead import Ahead, opened
from audiokit.agent.failover import Chain, Tell, as_provider_error, name_of
from audiokit.agent.moves import Heard, HearingFailed
from audiokit.agent.settings import Budgets, TurnTaking
from audiokit.audio.chunk import CHUNK_S, AudioChunk
from audiokit.contracts import STT, Transcript
from audiokit.errors import ProviderError, ProviderTimeout, ProviderUnavailable
from audiokit.retry import Retry

TRIES = 2  # of each provider, before the user is told
LONG_LIVED_S = 5.0  # vendors close streams that were silent for long: no failure

Report = Callable[[Heard | HearingFailed], None]
"""Hears what was understood."""


class Recognizer:
    """Keeps a recognizer listening, and knows the sound of the utterance in progress in case another must hear it.

    Parameters
    ----------
    chain : recognizers in the order of preference, streaming or not.
    turn_taking, budgets : the settings.
    report : hears what was understood.
    tell : hears of failures.
    """

    def __init__(
        self, chain: Chain[STT], turn_taking: TurnTaking, budgets: Budgets, report: Report, tell: Tell
    ) -> None:
        self._chain, self._budget_s = chain, budgets.stt_final_s
        self._report, self._tell = report, tell
        self._pre_roll_s, self._longest_s = turn_taking.pre_roll_s, turn_taking.max_utterance_s + turn_taking.pre_roll_s
        self._sound: deque[AudioChunk] = deque()
        self._sound_s = 0.0
        self._is_speech = False  # whether the utterance in progress is kept whole
        self._line = Line(())
        self._transcripts: Ahead[Transcript] | None = None
        self._provider = chain.providers[0]
        self._finals: list[str] = []
        self._asked = self._is_down = False
        self._overdue: asyncio.TimerHandle | None = None
        self._failures: dict[int, int] = {}
        self._wanted = asyncio.Event()

    def hear(self, chunk: AudioChunk) -> None:
        """Take the next chunk of the stream."""
        self._line.put(chunk)
        self._sound.append(chunk)
        self._sound_s += chunk.duration_s
        longest_s = self._longest_s if self._is_speech else self._pre_roll_s
        while self._sound_s > longest_s:
            self._sound_s -= self._sound.popleft().duration_s

    def begin(self) -> None:
        """Keep all sound from now on, and the pre-roll before it: the user speaks."""
        self._is_speech = True
        self._wanted.set()

    def ask_final(self) -> None:
        """Ask for the final text of the utterance so far; it is reported within the budget, or else the failure."""
        if self._is_down and self._transcripts is None:
            self._report(HearingFailed())
            return
        self._asked = True
        self._line.ask()
        self._watch()

    def forget(self) -> None:
        """Drop the utterance, which was answered or was none; a fallback gives way to the first choice."""
        self._is_speech = self._asked = False
        self._finals.clear()
        self._sound.clear()
        self._sound_s = 0.0
        self._unwatch()
        preferred = self._chain.order(asyncio.get_running_loop().time())[0]
        if self._transcripts and self._provider is not preferred:
            self._transcripts.fail(_GoHome())

    async def run(self) -> None:
        """Listen until cancelled."""
        try:
            while True:
                opened_s = asyncio.get_running_loop().time()
                failure = await self._listen(self._next_provider(opened_s))
                if failure is not None:
                    await self._recover(failure, opened_s)
        finally:
            self._unwatch()

    async def _listen(self, provider: STT) -> ProviderError | None:
        """Listen with one provider until its stream breaks; give why."""
        self._provider = provider
        self._line = Line(self._sound)
        self._finals.clear()
        if self._asked:
            self._line.ask()
            self._watch()
        line = self._line
        heard = (
            opened(lambda: provider.transcribe(line.chunks())) if provider.streaming else self._whole(provider, line)
        )
        transcripts = Ahead(heard)
        self._transcripts = transcripts
        try:
            while (failure := await self._next(transcripts, provider)) is None:
                pass
        finally:
            self._transcripts = None
            transcripts.close()
            self._line.end()
            self._unwatch()
        return None if isinstance(failure, _GoHome) else failure

    async def _next(self, transcripts: Ahead[Transcript], provider: STT) -> ProviderError | _GoHome | None:
        """Take one transcript; give why there is none."""
        name = name_of(provider)
        try:
            transcript = await transcripts.next()
        except StopAsyncIteration:
            return ProviderUnavailable(f"{name} ended its stream", provider=name, retryable=True)
        except _GoHome as switch:
            return switch
        except Exception as error:
            return as_provider_error(error, name)
        self._understand(transcript, provider)
        return None

    def _understand(self, transcript: Transcript, provider: STT) -> None:
        self._chain.succeeded(provider)
        self._failures.clear()
        self._is_down = False
        text = transcript.text
        if provider.streaming:
            text = " ".join(part for part in (*self._finals, text) if part)
        if transcript.is_final:
            self._asked = False
            self._unwatch()
            if transcript.text:
                self._finals.append(transcript.text)
        self._report(Heard(text, transcript.is_final, transcript.turn))

    async def _whole(self, provider: STT, line: Line) -> AsyncIterator[Transcript]:
        """Let a recognizer that does not stream transcribe the utterance so far, each time that is asked for."""
        async for chunk in line.chunks():
            if len(chunk.samples) or line.is_asked_again:
                continue
            finals = [each async for each in provider.transcribe(_each(tuple(self._sound))) if each.is_final]
            if not finals:
                name = name_of(provider)
                raise ProviderUnavailable(f"{name} ended without a transcript", provider=name, retryable=True)
            if not line.is_asked_again:
                text = " ".join(each.text for each in finals if each.text)
                yield replace(finals[-1], text=text, words=())

    async def _recover(self, failure: ProviderError, opened_s: float) -> None:
        loop = asyncio.get_running_loop()
        if not self._is_speech and not self._asked and loop.time() - opened_s > LONG_LIVED_S:
            return
        failed = self._provider
        self._chain.failed(failed, loop.time(), failure)
        count = self._failures.get(id(failed), 0) + 1
        self._failures[id(failed)] = count if failure.retryable else max(count, TRIES)
        following = self._next_provider(loop.time())
        gives_up = all(self._failures.get(id(each), 0) >= TRIES for each in self._chain.providers)
        fallback = name_of(following) if following is not failed and not gives_up else None
        self._tell("stt", name_of(failed), str(failure), fallback)
        if gives_up:
            self._is_down = True
            if self._asked:
                self._asked = False
                self._report(HearingFailed())
        if gives_up or following is failed:
            await self._rest(sum(self._failures.values()))

    async def _rest(self, failures: int) -> None:
        """Wait before the next try; shorter when the user begins to speak."""
        retry = Retry(attempts=min(failures, 8) + 1, first_pause_s=0.1)
        *_, pause_s = retry.pauses_s()
        self._wanted.clear()
        await asyncio.sleep(min(pause_s, 0.2))
        try:
            async with asyncio.timeout(pause_s):
                await self._wanted.wait()
        except TimeoutError:
            return

    def _next_provider(self, now_s: float) -> STT:
        return min(self._chain.order(now_s), key=lambda each: self._failures.get(id(each), 0))

    def _watch(self) -> None:
        self._unwatch()
        self._overdue = asyncio.get_running_loop().call_later(self._budget_s, self._too_late)

    def _unwatch(self) -> None:
        if self._overdue:
            self._overdue.cancel()
            self._overdue = None

    def _too_late(self) -> None:
        if self._transcripts:
            name = name_of(self._provider)
            late = f"{name} gave no final text within {self._budget_s:g} s"
            self._transcripts.fail(ProviderTimeout(late, provider=name, retryable=True))


class _GoHome(Exception):  # noqa: N818  no error: the fallback is not needed any more
    """The stream ends because a better recognizer is well again."""


class Line:
    """The sound on its way to one stream of a recognizer.

    Parameters
    ----------
    replayed : what it shall hear first.
    """

    LONGEST_S = 120.0  # a recognizer that does not read is as good as dead; its backlog shall not fill the memory

    def __init__(self, replayed: Iterable[AudioChunk]) -> None:
        self._waiting: deque[AudioChunk] = deque(replayed, maxlen=round(self.LONGEST_S / CHUNK_S))
        self._reader: asyncio.Future[None] | None = None
        self._has_ended = False

    @property
    def is_asked_again(self) -> bool:
        """Whether a request for a final text waits to be read."""
        return any(not len(chunk.samples) for chunk in self._waiting)

    def put(self, chunk: AudioChunk) -> None:
        """Send a chunk."""
        if not self._has_ended:
            self._waiting.append(chunk)
            self._wake()

    def ask(self) -> None:
        """Ask for a final text: a chunk without frames."""
        rate = self._waiting[-1].sample_rate if self._waiting else 16_000
        self.put(AudioChunk(np.zeros((0, 1), np.float32), rate))

    def end(self) -> None:
        """Let `chunks` end: a recognizer that ignored being cancelled shall not wait for sound for ever."""
        self._has_ended = True
        self._waiting.clear()
        self._wake()

    async def chunks(self) -> AsyncIterator[AudioChunk]:
        """Give the chunks as they come."""
        while not self._has_ended:
            while self._waiting:
                yield self._waiting.popleft()
            if not self._has_ended:
                self._reader = asyncio.get_running_loop().create_future()
                await self._reader

    def _wake(self) -> None:
        if self._reader and not self._reader.done():
            self._reader.set_result(None)


async def _each(chunks: tuple[AudioChunk, ...]) -> AsyncIterator[AudioChunk]:
    for chunk in chunks:
        yield chunk
