from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.buffer import Samples
from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ProviderUnavailable
from audiokit.speech.cache import CacheSettings, SpeechCache
from audiokit.speech.cached import CachedTTS
from audiokit.speech.streams import closing, whole
from tests.speech.voices import FlacTTS, ToneTTS, tone

TEXT = "the quick brown fox jumps over it"
BROKEN = ProviderUnavailable("away", provider="tone", retryable=True)


@pytest.fixture
def cache(tmp_path: Path) -> SpeechCache:
    return SpeechCache(CacheSettings(folder=tmp_path / "speech"))


def samples_of(chunks: Sequence[SpeechChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


def cached(tts: ToneTTS, cache: SpeechCache) -> CachedTTS:
    return CachedTTS(tts, cache, provider="tone")


def say(tts: CachedTTS, text: str = TEXT, voice: Voice | None = None) -> list[SpeechChunk]:
    return asyncio.run(whole(tts, text, voice))


@pytest.mark.parametrize("make", [ToneTTS, FlacTTS])
def test_what_was_said_before_sounds_the_same_and_costs_nothing(make: type[ToneTTS], cache: SpeechCache) -> None:
    voice = make()
    first, second = say(cached(voice, cache)), say(cached(voice, cache))
    assert voice.asked == [TEXT]
    np.testing.assert_allclose(samples_of(second), tone(TEXT), atol=1 / 32768)
    assert b"".join(chunk.encoded for chunk in second) == b"".join(chunk.encoded for chunk in first)
    assert [word for chunk in second for word in chunk.words] == [word for chunk in first for word in chunk.words]


def test_words_come_with_the_piece_they_begin_in(cache: SpeechCache) -> None:
    tts = cached(ToneTTS(), cache)
    say(tts)
    words = [[word.text for word in chunk.words] for chunk in say(tts)]  # a piece of 0.2 s has two words of 0.1 s
    assert words == [["the", "quick"], ["brown", "fox"], ["jumps", "over"], ["it"]]


@pytest.mark.parametrize(
    ("text", "voice", "settings"),
    [
        (TEXT + " ", None, '["tone", 1]'),
        (TEXT, Voice(name="Ann", provider="tone", voice_id="ann"), '["tone", 1]'),
        (TEXT, None, '["tone", 2]'),
    ],
)
def test_another_text_voice_or_setting_is_asked_anew(
    cache: SpeechCache, text: str, voice: Voice | None, settings: str
) -> None:
    say(cached(ToneTTS(), cache))
    other = ToneTTS(settings_key=settings)
    say(cached(other, cache), text, voice)
    assert other.asked == [text]


def test_usage_tells_paid_characters_from_cached_ones(cache: SpeechCache) -> None:
    tts = cached(ToneTTS(), cache)
    say(tts)
    say(tts)
    say(tts)
    assert tts.usage.total("characters") == len(TEXT)
    assert tts.usage.total("cached_characters") == 2 * len(TEXT)


def test_what_is_refused_is_not_counted_and_what_was_begun_is(cache: SpeechCache) -> None:
    for fails_after, counted in ((0, 0), (3, len(TEXT))):
        tts = cached(ToneTTS(fails_after=fails_after, error=BROKEN), cache)
        with pytest.raises(ProviderUnavailable):
            say(tts)
        assert tts.usage.total("characters") == counted
    assert [used.misses for used in cache.stats().used] == [1]


def test_usage_names_the_model_that_was_chosen(cache: SpeechCache) -> None:
    tts = CachedTTS(ToneTTS(), cache, provider="tone", model="large")
    say(tts)
    say(tts, voice=Voice(name="Ann", provider="tone", voice_id="ann", model="small"))
    assert [usage.model for usage in tts.usage.usages()] == ["large", "small"]


def test_speech_that_broke_off_is_not_kept(cache: SpeechCache) -> None:
    tts = cached(ToneTTS(fails_after=3, error=BROKEN), cache)
    with pytest.raises(ProviderUnavailable):
        say(tts)
    assert cache.stats().entries == 0


def test_speech_that_nobody_heard_to_its_end_is_not_kept_and_its_maker_is_told(cache: SpeechCache) -> None:
    voice = ToneTTS()

    async def leave_early() -> None:
        async with closing(cached(voice, cache).synthesize(TEXT)) as stream:
            await anext(stream)

    asyncio.run(leave_early())
    assert voice.closed == 1
    assert cache.stats().entries == 0
    assert say(cached(voice, cache))
    assert voice.asked == [TEXT, TEXT]


def test_many_who_ask_at_once_pay_once(cache: SpeechCache) -> None:
    voice = ToneTTS(pause_s=0.02)

    async def many() -> list[list[SpeechChunk]]:
        tts = cached(voice, cache)
        return await asyncio.gather(*(whole(tts, TEXT, None) for _ in range(8)))

    heard = asyncio.run(many())
    assert voice.asked == [TEXT]
    for chunks in heard:
        np.testing.assert_allclose(samples_of(chunks), tone(TEXT), atol=1 / 32768)


def test_who_waits_takes_over_when_the_first_one_fails(cache: SpeechCache) -> None:
    broken, whole_one = ToneTTS(fails_after=2, error=BROKEN, pause_s=0.03), ToneTTS()

    async def both() -> None:
        first = asyncio.create_task(whole(cached(broken, cache), TEXT, None))
        await broken.was_asked.wait()
        chunks = await whole(cached(whole_one, cache), TEXT, None)
        assert len(samples_of(chunks)) == len(tone(TEXT))
        with pytest.raises(ProviderUnavailable):
            await first

    asyncio.run(both())
    assert whole_one.asked == [TEXT]


def test_who_is_cancelled_leaves_the_way_free(cache: SpeechCache) -> None:
    slow, quick = ToneTTS(pause_s=1.0), ToneTTS()

    async def cancel_then_ask() -> None:
        task = asyncio.create_task(whole(cached(slow, cache), TEXT, None))
        await slow.was_asked.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(5):
            await whole(cached(quick, cache), TEXT, None)

    asyncio.run(cancel_then_ask())
    assert quick.asked == [TEXT]


def test_waiting_for_another_does_not_stop_the_loop(cache: SpeechCache) -> None:
    voice = ToneTTS(pause_s=0.05)
    longest_s = 0.0

    async def tick(stop: asyncio.Event) -> None:
        nonlocal longest_s
        while not stop.is_set():
            before_s = time.perf_counter()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.perf_counter() - before_s)

    async def main() -> None:
        stop = asyncio.Event()
        ticking = asyncio.create_task(tick(stop))
        await asyncio.gather(*(whole(cached(voice, cache), TEXT, None) for _ in range(3)))
        stop.set()
        await ticking

    asyncio.run(main())
    assert voice.asked == [TEXT]
    assert longest_s < 0.3  # the whole takes 0.35 s; a loop that waited for the lock would stand for all of it


def test_a_voice_made_anew_in_its_folder_is_another_voice(cache: SpeechCache, tmp_path: Path) -> None:
    voice = Voice(name="Ann", provider="tone", voice_id="ann", folder=tmp_path / "ann")
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "reference.wav").write_bytes(b"one")
    tts, maker = cached(ToneTTS(), cache), ToneTTS()
    say(tts, TEXT, voice)
    say(cached(maker, cache), TEXT, voice)
    assert maker.asked == []
    (tmp_path / "ann" / "reference.wav").write_bytes(b"two")
    say(cached(maker, cache), TEXT, voice)
    assert maker.asked == [TEXT]
