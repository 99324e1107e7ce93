"""From clauses to sound: the next ones are synthesized while one is heard, and none more than is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from audiokit.agent.ahead import Ahead
from audiokit.agent.failover import LASTING
from audiokit.agent.heard import Clause, heard_text
from audiokit.agent.metrics import TurnMeter
from audiokit.agent.speaker import Speaker
from audiokit.audio.resample import Resampler
from audiokit.contracts import SpeechChunk
from audiokit.errors import AudiokitError, ProviderError, QuotaError

Synthesize = Callable[[str], AsyncIterator[SpeechChunk]]


class Voicing:
    """Speaks the clauses of one reply in their order.

    Parameters
    ----------
    synthesize : makes a clause's sound.
    speaker : plays it.
    prefetch : how many clauses may be synthesized before they are heard.
    meter : where times and counts go.
    clock : the session's time in seconds.
    """

    def __init__(
        self,
        synthesize: Synthesize,
        speaker: Speaker,
        prefetch: int,
        meter: TurnMeter,
        clock: Callable[[], float],
    ) -> None:
        self._synthesize, self._speaker = synthesize, speaker
        self._meter, self._clock = meter, clock
        self._room = asyncio.Semaphore(prefetch)
        self._queue: asyncio.Queue[tuple[Clause, AsyncIterator[SpeechChunk]] | None] = asyncio.Queue()
        self._open: list[Ahead[SpeechChunk]] = []
        self.clauses: list[Clause] = []
        """All that was given to it."""

    async def say(self, clause: Clause, sound: list[SpeechChunk] | None = None) -> None:
        """Put a clause behind the others; waits while enough of them wait to be heard.

        Parameters
        ----------
        clause : something to pronounce.
        sound : its sound, if that is there already.
        """
        await self._room.acquire()
        self._meter.first("first_clause_s", self._clock())
        self.clauses.append(clause)
        self._queue.put_nowait((clause, _each(sound) if sound else self._begin(clause)))

    def finish(self) -> None:
        """Say that there will be no other clause."""
        self._queue.put_nowait(None)

    async def run(self) -> ProviderError | None:
        """Hand all sound to the speaker; give the error that ended it early or left nothing to hear.

        A clause that no voice can speak, such as one in a foreign script, is left out; two in a row are the voices'
        fault, not the words'.
        """
        left_out: ProviderError | None = None
        while (item := await self._queue.get()) is not None:
            clause, sound = item
            failure = await self._play(clause, sound)
            if failure:
                failure = await self._play_rest(clause, failure)
            if failure and (left_out or not _is_due_to_words(failure)):
                self.close()
                return failure
            left_out = failure
        return None if any(clause.duration_s for clause in self.clauses) else left_out

    async def play(self, clause: Clause, sound: list[SpeechChunk]) -> None:
        """Play what is there already, behind all that was played so far and instead of what waits."""
        self.clauses.append(clause)
        await self._play(clause, _each(sound))

    def close(self) -> None:
        """Stop all synthesis."""
        for sound in self._open:
            sound.close()

    def heard_text(self, round: int | None = None) -> str:
        """Give what was heard, of one answer of the model or of all."""
        return heard_text(self.clauses, self._speaker.heard_s(), round)

    def _begin(self, clause: Clause) -> Ahead[SpeechChunk]:
        self._meter.tts_characters += len(clause.text)
        sound = Ahead(self._synthesize(clause.text))
        self._open.append(sound)
        return sound

    async def _play(self, clause: Clause, sound: AsyncIterator[SpeechChunk]) -> ProviderError | None:
        clause.start_s = self._speaker.pushed_s
        resampler: Resampler | None = None
        try:
            async for chunk in sound:
                self._meter.first("tts_first_byte_s", self._clock())
                if chunk.from_cache and resampler is None and clause.kind == "reply":
                    self._meter.cached_characters += len(clause.text)
                if resampler is None:
                    self._speaker.when_begun(clause.start_s, self._room.release)
                    resampler = Resampler(chunk.sample_rate, self._speaker.sample_rate, quality="MQ")
                clause.add(chunk)
                self._speaker.push(resampler.push(chunk.samples))
        except ProviderError as error:
            return error
        finally:
            if resampler:
                self._speaker.push(resampler.flush())
            else:
                self._room.release()
        clause.is_complete = True
        return None

    async def _play_rest(self, clause: Clause, failure: ProviderError) -> ProviderError | None:
        """Have the words that a broken voice left out spoken by whoever can; a mute one was replaced before."""
        done = clause.heard_text(clause.start_s + clause.duration_s)
        rest = Clause(text=clause.text[len(done) :].strip(), kind=clause.kind, round=clause.round)
        clause.text, clause.is_complete = done, True
        if not done:
            return failure
        self.clauses.insert(self.clauses.index(clause) + 1, rest)
        return await self._play(rest, self._begin(rest)) if rest.text else None


def _is_due_to_words(failure: ProviderError) -> bool:
    """Tell whether another clause may fare better."""
    concerns_all = isinstance(failure, (*LASTING, QuotaError)) or isinstance(failure.__cause__, AudiokitError)
    return not failure.retryable and not concerns_all


async def _each(sound: list[SpeechChunk]) -> AsyncIterator[SpeechChunk]:
    for chunk in sound:
        yield chunk
