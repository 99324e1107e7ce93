import asyncio
from collections.abc import AsyncIterator

import pytest

from audiokit.agent.failover import Chain
from audiokit.agent.moves import Heard, HearingFailed
from audiokit.agent.recognize import Line, Recognizer
from audiokit.agent.settings import Budgets, TurnTaking
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Transcript
from audiokit.testing import clock
from audiokit.testing.providers import Fault, ScriptedSTT
from audiokit.testing.spoken import ToneLanguage

LANGUAGE = ToneLanguage()
TEXT = "one two three four five six"


class Hearing:
    """A recognizer, and a microphone before it."""

    def __init__(self, *stts: ScriptedSTT) -> None:
        self.reports: list[Heard | HearingFailed] = []
        self.told: list[tuple[str, str | None]] = []
        self.recognizer = Recognizer(
            Chain("stt", stts),
            TurnTaking(pre_roll_s=0.4, max_utterance_s=10.0),
            Budgets(stt_final_s=1.0),
            self.reports.append,
            lambda stage, provider, message, fallback: self.told.append((provider, fallback)),
        )

    async def hear(self, chunks: list[AudioChunk]) -> None:
        for chunk in chunks:
            await asyncio.sleep(0.02)
            self.recognizer.hear(chunk)

    async def utterance(self, text: str, wait_s: float = 3.0) -> str:
        """Give the final text of an utterance, "-" for a failure."""
        self.reports.clear()
        self.recognizer.begin()
        await self.hear([*LANGUAGE.speak(text), *LANGUAGE.silence(0.2)])
        self.recognizer.ask_final()
        await asyncio.sleep(wait_s)
        last = self.reports[-1]
        return last.text if isinstance(last, Heard) and last.is_final else "-"


def heard(hearing: Hearing, *texts: str) -> list[str]:
    async def go() -> list[str]:
        running = asyncio.create_task(hearing.recognizer.run())
        finals = []
        for text in texts:
            finals.append(await hearing.utterance(text))
            hearing.recognizer.forget()
            await hearing.hear(LANGUAGE.silence(1.0))
        running.cancel()
        return finals

    return clock.run(go())


@pytest.mark.parametrize("after", [0, 1, 20, 45, 80, 95])
@pytest.mark.parametrize("kind", ["break", "end", "refuse"])
@pytest.mark.parametrize("streaming", [True, False])
def test_no_word_is_lost_wherever_a_stream_breaks(after: int, kind: str, streaming: bool) -> None:
    stt = ScriptedSTT(LANGUAGE, faults=[Fault(kind=kind, after=after)], streaming=streaming)  # type: ignore[arg-type]
    assert heard(Hearing(stt), TEXT, "and more") == [TEXT, "and more"]


def test_partial_texts_grow() -> None:
    hearing = Hearing(ScriptedSTT(LANGUAGE))
    assert heard(hearing, "one two three") == ["one two three"]
    texts = [report.text for report in hearing.reports if isinstance(report, Heard)]
    assert texts == ["one", "one two", "one two three", "one two three"]


def test_a_silent_recognizer_is_left_within_the_budget_for_one_that_hears_it_all() -> None:
    hearing = Hearing(
        ScriptedSTT(LANGUAGE, faults=[Fault(kind="stall", after=30)], name="a"), ScriptedSTT(LANGUAGE, name="b")
    )
    assert heard(hearing, TEXT) == [TEXT]
    assert hearing.told == [("a", "b")]


def test_the_first_choice_returns_with_the_next_utterance() -> None:
    first, second = ScriptedSTT(LANGUAGE, faults=[Fault(kind="break", after=30)]), ScriptedSTT(LANGUAGE)
    assert heard(Hearing(first, second), TEXT, "again") == [TEXT, "again"]
    assert (first.streams, second.streams) == (2, 1)


def test_when_all_fail_that_is_reported_at_once_and_tried_again_later() -> None:
    faults = [Fault(kind="reject")] * 5
    hearing = Hearing(ScriptedSTT(LANGUAGE, faults=faults))
    assert heard(hearing, "one two three four", "once more now", "and again now") == [
        "-",
        "once more now",
        "and again now",
    ]


def test_a_recognizer_is_not_asked_without_end_when_it_is_down() -> None:
    stt = ScriptedSTT(LANGUAGE, faults=[Fault(kind="refuse")] * 1000)

    async def go() -> None:
        hearing = Hearing(stt)
        running = asyncio.create_task(hearing.recognizer.run())
        await hearing.hear(LANGUAGE.silence(300.0))
        running.cancel()

    clock.run(go())
    assert 10 < stt.streams < 60


def test_a_stream_that_ends_after_a_long_silence_is_no_failure() -> None:
    class Sleepy(ScriptedSTT):
        async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
            self.streams += 1
            if self.streams == 1:
                await asyncio.sleep(60.0)
                return
            async for each in ScriptedSTT(LANGUAGE).transcribe(chunks):
                yield each

    async def go() -> tuple[str, list[tuple[str, str | None]]]:
        hearing = Hearing(Sleepy(LANGUAGE))
        running = asyncio.create_task(hearing.recognizer.run())
        await asyncio.sleep(70.0)
        text = await hearing.utterance(TEXT)
        running.cancel()
        return text, hearing.told

    assert clock.run(go()) == (TEXT, [])


def test_the_pre_roll_reaches_a_recognizer_that_does_not_stream() -> None:
    """Its speech begins before the detector is sure of it."""

    async def go() -> str:
        hearing = Hearing(ScriptedSTT(LANGUAGE, streaming=False))
        running = asyncio.create_task(hearing.recognizer.run())
        await hearing.hear([*LANGUAGE.silence(2.0), *LANGUAGE.speak("first")])
        text = await hearing.utterance("second")
        running.cancel()
        return text

    assert clock.run(go()) == "first second"


def test_sound_before_the_pre_roll_is_forgotten() -> None:
    async def go() -> str:
        hearing = Hearing(ScriptedSTT(LANGUAGE, streaming=False))
        running = asyncio.create_task(hearing.recognizer.run())
        await hearing.hear([*LANGUAGE.speak("before"), *LANGUAGE.silence(0.5)])
        text = await hearing.utterance("now")
        running.cancel()
        return text

    assert clock.run(go()) == "now"


def test_a_line_gives_what_was_put_before_and_after_it_is_read_and_then_ends() -> None:
    async def go() -> list[float]:
        first, second = LANGUAGE.speak("one")[:2]
        line = Line([first])
        lengths: list[float] = []

        async def read() -> None:
            async for chunk in line.chunks():
                lengths.append(chunk.duration_s)

        reading = asyncio.create_task(read())
        await asyncio.sleep(1)
        line.put(second)
        line.ask()
        await asyncio.sleep(1)
        line.end()
        await reading
        return lengths

    assert clock.run(go()) == [0.02, 0.02, 0.0]
