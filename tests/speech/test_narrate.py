from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from audiokit.agent.trim import TrimmedTTS
from audiokit.agent.voiced import VoicedTTS
from audiokit.audio.buffer import Audio
from audiokit.contracts import TTS, SpeechChunk, Voice, Word
from audiokit.errors import ConfigError, ProviderError, ProviderUnavailable, QuotaError, UsageError
from audiokit.speech.cache import CacheSettings, SpeechCache
from audiokit.speech.cached import CachedTTS
from audiokit.speech.chapters import chapters
from audiokit.speech.concurrency import allowed
from audiokit.speech.counted import CountedTTS
from audiokit.speech.fallback import FallbackTTS, Speaker
from audiokit.speech.live import streamed
from audiokit.speech.narrate import Pace, Spoken, narrated, script
from audiokit.speech.subtitles import cues, to_srt
from audiokit.speech.usage import UsageCounter
from tests.speech.voices import RATE, ToneTTS

TEXT = "One two three. Four five.\n\nSix seven eight nine."


def narrate(tts: TTS, text: str = TEXT, pace: Pace | None = None) -> list[Spoken]:
    async def collect() -> list[Spoken]:
        return [spoken async for spoken in narrated(tts, script(text, pace or Pace()), pace=pace)]

    return asyncio.run(collect())


def joined(spoken: list[Spoken]) -> Audio:
    return Audio(np.concatenate([sentence.audio.samples for sentence in spoken]), RATE)


def test_sentences_stand_where_they_say_with_their_pauses_between() -> None:
    spoken = narrate(ToneTTS(), pace=Pace(sentence_pause_s=0.3, paragraph_pause_s=0.7))
    assert [sentence.text for sentence in spoken] == ["One two three.", "Four five.", "Six seven eight nine."]
    gaps = [later.start_s - earlier.end_s for earlier, later in pairwise(spoken)]
    assert gaps == pytest.approx([0.3, 0.7], abs=1e-3)
    whole = joined(spoken)
    assert whole.duration_s == pytest.approx(spoken[-1].end_s, abs=1e-3)
    for sentence in spoken:
        loud = np.abs(whole[sentence.start_s + 0.01 : sentence.end_s - 0.01].samples)
        assert np.sqrt(np.mean(loud**2)) > 0.15
    assert not whole[spoken[0].end_s : spoken[1].start_s].samples.any()


def test_no_joint_clicks() -> None:
    whole = joined(narrate(ToneTTS(), "One two three. Four five. Six."))
    # A tone of 600 Hz at 0.3 moves 0.071 a frame at most; a cut in its middle would jump up to 0.3.
    assert float(np.abs(np.diff(whole.samples[:, 0])).max()) < 0.08
    assert abs(float(whole.samples[0, 0])) < 1e-3


class SlowEdges(ToneTTS):
    """Puts half a second of silence around what it says."""

    async def synthesize(self, text: str, voice: Voice | None = None):  # type: ignore[no-untyped-def]
        yield SpeechChunk(np.zeros((RATE // 2, 1), np.float32), RATE)
        async for chunk in super().synthesize(text, voice):
            words = tuple(
                Word(text=word.text, start_s=word.start_s + 0.5, end_s=word.end_s + 0.5, confidence=1.0)
                for word in chunk.words
            )
            yield SpeechChunk(chunk.samples, RATE, words)
        yield SpeechChunk(np.zeros((RATE // 2, 1), np.float32), RATE)


def test_a_voices_own_silence_makes_no_gaps_and_its_words_keep_their_places() -> None:
    spoken = narrate(SlowEdges(), "One two. Three four.", Pace(sentence_pause_s=0.2))
    assert joined(spoken).duration_s == pytest.approx(0.2 + 0.2 + 0.2 + 4 * 0.03, abs=0.02)
    first = spoken[1].words[0]
    assert first.text == "Three"
    assert first.start_s == pytest.approx(spoken[1].start_s + 0.03, abs=0.01)


def test_as_many_are_made_at_once_as_are_allowed_and_in_order() -> None:
    tts = ToneTTS(pause_s=0.005)
    spoken = narrate(tts, MANY, Pace(concurrency=3))
    assert tts.most_at_once == 3
    assert [sentence.text for sentence in spoken] == [f"Sentence number {number} here." for number in range(12)]


class Planned(ToneTTS):
    """Speaks as many at once as its plan allows, and learns with its first answer that this is more, or less."""

    def __init__(self, first: int, then: int) -> None:
        super().__init__(pause_s=0.005)
        self.concurrency, self._then = first, then

    async def synthesize(self, text: str, voice: Voice | None = None):  # type: ignore[no-untyped-def]
        async for chunk in super().synthesize(text, voice):
            yield chunk
        if self.concurrency != self._then:
            self.concurrency, self.most_at_once = self._then, 0


MANY = " ".join(f"Sentence number {number} here." for number in range(12))


@pytest.mark.parametrize(("wanted", "first", "then", "most"), [
    (None, 1, 1, 1), (None, 5, 5, 5), (None, 2, 6, 6), (None, 6, 2, 2), (3, 6, 6, 3), (8, 4, 4, 4), (1, 4, 4, 1),
])  # fmt: skip
def test_the_provider_says_how_many_are_made_at_once(wanted: int | None, first: int, then: int, most: int) -> None:
    tts = Planned(first, then)
    assert len(narrate(tts, MANY, Pace(concurrency=wanted))) == 12
    assert tts.concurrency == then
    assert tts.most_at_once == most


@pytest.mark.parametrize(("wanted", "most"), [(None, 2), (5, 5)])
def test_a_provider_that_does_not_say_makes_as_many_as_are_wanted_or_two(wanted: int | None, most: int) -> None:
    tts = ToneTTS(pause_s=0.005)
    narrate(tts, MANY, Pace(concurrency=wanted))
    assert tts.most_at_once == most


def test_what_stands_in_front_of_a_voice_passes_its_limit_on(tmp_path: Path) -> None:
    tts = Planned(7, 7)
    usage = UsageCounter()
    cached = CachedTTS(tts, SpeechCache(CacheSettings(folder=tmp_path)), provider="tone")
    counted = CountedTTS(cached, provider="tone", usage=usage)
    chain = FallbackTTS([Speaker(name="a", tts=counted), Speaker(name="b", tts=ToneTTS())])
    last = VoicedTTS(TrimmedTTS(chain), "tone")
    assert allowed(last, None) == 7
    tts.concurrency = 3
    assert (allowed(last, None), allowed(last, 2), allowed(last, 9)) == (3, 2, 3)
    assert allowed(VoicedTTS(TrimmedTTS(ToneTTS()), "tone"), 9) == 9


def test_what_is_left_early_is_not_made() -> None:
    tts = ToneTTS(pause_s=0.01)

    async def leave() -> None:
        stream = narrated(tts, script(" ".join(["Go on."] * 20), Pace()))
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(leave())
    assert len(tts.asked) <= 3
    assert tts.closed == len(tts.asked)


def test_a_sentence_that_fails_once_is_tried_again() -> None:
    class Flaky(ToneTTS):
        async def synthesize(self, text: str, voice: Voice | None = None):  # type: ignore[no-untyped-def]
            if not self.asked:
                self.asked.append("failed")
                raise ProviderUnavailable("busy", provider="tone", retryable=True)
            async for chunk in super().synthesize(text, voice):
                yield chunk

    tts = Flaky()
    assert len(narrate(tts, "Hello there.")) == 1
    assert tts.asked == ["failed", "Hello there."]


def test_a_text_that_was_interrupted_goes_on_where_it_stopped(tmp_path: Path) -> None:
    cache = SpeechCache(CacheSettings(folder=tmp_path))
    lines = script("One two. Three four. Five six. Seven eight.", Pace())
    first, second = ToneTTS(), ToneTTS()

    async def speak(voice: ToneTTS, count: int) -> None:
        tts = CachedTTS(voice, cache, provider="tone")
        async with aclosing(narrated(tts, lines, pace=Pace(concurrency=1))) as stream:  # type: ignore[type-var]
            async for _ in stream:
                count -= 1
                if not count:
                    break

    asyncio.run(speak(first, 2))
    assert first.asked == ["One two.", "Three four."]
    asyncio.run(speak(second, 0))
    assert second.asked == ["Five six.", "Seven eight."]


def test_a_sentence_that_breaks_off_is_spoken_by_the_next_voice() -> None:
    broken = ToneTTS(fails_after=1, error=QuotaError("spent", provider="a"))
    tts = FallbackTTS([Speaker(name="a", tts=broken), Speaker(name="b", tts=ToneTTS())])
    assert [sentence.text for sentence in narrate(tts, "One two. Three four.")] == ["One two.", "Three four."]
    assert broken.asked[:1] == ["One two."]


@pytest.mark.parametrize("text", ["", " \n\n", "... --- !!!"])
def test_nothing_to_say_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="nothing to say"):
        script(text, Pace())


@pytest.mark.parametrize("wrong", [{"sentence_pause_s": -1.0}, {"concurrency": 0}])
def test_a_pace_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Pace(**wrong)  # type: ignore[arg-type]


def test_subtitles_follow_the_words() -> None:
    text = "This is a sentence that has so many words in it that one subtitle cannot hold it all at once, can it?"
    shown = cues(narrate(ToneTTS(), text))
    assert " ".join(cue.text for cue in shown) == text
    assert len(shown) == 2
    assert shown[0].end_s == pytest.approx(shown[1].start_s)
    first = to_srt(shown).split("\n\n")[0].splitlines()
    assert first[:2] == ["1", "00:00:00,000 --> 00:00:01,800"]
    assert len(first) == 4
    assert all(len(line) <= 42 for line in first[2:])


def test_without_word_times_a_sentence_is_a_subtitle() -> None:
    sentence = narrate(ToneTTS(), "Hello there.")[0]
    bare = Spoken(text=sentence.text, audio=sentence.audio, start_s=3723.5, end_s=3724.25)
    assert to_srt(cues([bare])) == "1\n01:02:03,500 --> 01:02:04,250\nHello there.\n"


BOOK = """A Book

Prologue

It began.

# Chapter One
Chapter 2 is mentioned here
and goes on.

Chapter 2: The Sea

Waves.
"""


def test_a_book_is_cut_at_its_titles() -> None:
    assert [(chapter.title, chapter.text) for chapter in chapters(BOOK)] == [
        ("", "A Book"),
        ("Prologue", "Prologue\n\nIt began."),
        ("Chapter One", "Chapter One\n\nChapter 2 is mentioned here\nand goes on."),
        ("Chapter 2: The Sea", "Chapter 2: The Sea\n\nWaves."),
    ]


TITLES = [
    "Chapter 1", "CHAPTER IV.", "Chapter Twenty-One", "Part 2 The Sea", "Book one: Who?", "Chapter I. Down the hole.",
    "Teil zwei", "Capítulo 3", "Chapitre premier",
]  # fmt: skip
SENTENCES = [
    "Part of me wanted to run.", "Book a table, she said.", "Part two of me ran.", "Chapter by chapter", "Part one,",
    "Chapter mild",
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "is_title"), [*((line, True) for line in TITLES), *((line, False) for line in SENTENCES)]
)
def test_a_sentence_that_begins_like_a_title_is_none(line: str, is_title: bool) -> None:
    found = [chapter.title for chapter in chapters(f"He went.\n\n{line}\n\nIt was late.")]
    assert found == (["", line] if is_title else [""])


def test_a_text_without_titles_is_one_chapter() -> None:
    assert [chapter.title for chapter in chapters("Just a text.")] == [""]
    assert chapters(" \n") == []


def stream(tts: ToneTTS, texts: Iterator[str]) -> list[SpeechChunk]:
    async def collect() -> list[SpeechChunk]:
        return [chunk async for chunk in streamed(tts, texts)]

    return asyncio.run(collect())


def test_the_first_clause_is_heard_before_the_text_is_written() -> None:
    tts, asked_then = ToneTTS(), []

    async def listen() -> None:
        written = asyncio.Event()
        loop = asyncio.get_running_loop()

        def write() -> Iterator[str]:
            yield "Sure, here "
            asyncio.run_coroutine_threadsafe(written.wait(), loop).result(10)
            yield "it is. Done."

        async for _ in streamed(tts, write()):
            if not written.is_set():
                asked_then.extend(tts.asked)
                written.set()

    asyncio.run(listen())
    assert asked_then == ["Sure,"]
    assert tts.asked == ["Sure,", "here it is.", "Done."]


def test_words_of_a_stream_are_timed_from_its_start() -> None:
    chunks = stream(ToneTTS(), iter(["One two. ", "Three."]))
    words = [word for chunk in chunks for word in chunk.words]
    assert [(word.text, round(word.start_s, 3)) for word in words] == [("One", 0.0), ("two.", 0.1), ("Three.", 0.2)]


def test_an_error_of_the_voice_or_of_the_writer_reaches_the_listener() -> None:
    broken = ProviderUnavailable("away", provider="tone")
    with pytest.raises(ProviderUnavailable):
        stream(ToneTTS(fails_after=0, error=broken), iter(["Hello there."]))

    def write() -> Iterator[str]:
        yield "Hello "
        raise KeyError("writer")

    with pytest.raises(KeyError, match="writer"):
        stream(ToneTTS(), write())


class OnceCut(ToneTTS):
    """Its first answer breaks off after a piece, as a lost line does."""

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        is_first = not self.asked
        async with aclosing(super().synthesize(text, voice)) as chunks:
            async for chunk in chunks:
                yield chunk
                if is_first:
                    error = ProviderUnavailable("the line was cut", provider="tone", retryable=True)
                    error.retryable = False  # to whom a piece was given, it would come twice
                    raise error


def test_a_sentence_that_breaks_off_is_made_again() -> None:
    tts = OnceCut()
    assert len(narrate(tts)) == 3
    assert len(tts.asked) == 4


def test_one_refused_sentence_does_not_change_the_voice_of_the_others() -> None:
    refused = ProviderError("this text is refused", provider="first")

    class Choosy(ToneTTS):
        async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
            if "Four" in text:
                raise refused
            async with aclosing(super().synthesize(text, voice)) as chunks:
                async for chunk in chunks:
                    yield chunk

    first, second = Choosy(), ToneTTS()
    chain = FallbackTTS([Speaker(name="first", tts=first), Speaker(name="second", tts=second)])
    assert len(narrate(chain)) == 3
    assert (len(first.asked), second.asked) == (2, ["Four five."])


class Mute(ToneTTS):
    """Answers without any sound at first, then never again."""

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        if not self.asked:
            self.asked.append(text)
            return
        async with aclosing(super().synthesize(text, voice)) as chunks:
            async for chunk in chunks:
                yield chunk


def test_an_answer_without_sound_is_asked_for_again() -> None:
    tts = Mute()
    assert len(narrate(tts)) == 3
    assert len(tts.asked) == 4


def test_a_stream_without_sound_is_told_as_the_providers_fault() -> None:
    with pytest.raises(ProviderUnavailable, match="Mute answered without any sound"):
        stream(Mute(), iter(["Hello there."]))
