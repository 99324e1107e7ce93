"""audiokit.providers.hibari, .threads and .checks: the real model, and what is refused before it works."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit import portal, registry
from audiokit.audio.buffer import Samples
from audiokit.contracts import TTS, SpeechChunk, Voice
from audiokit.errors import (
    ConfigError,
    MissingDependencyError,
    ProviderError,
    ProviderUnavailable,
    UsageError,
    VoiceNotFoundError,
)
from audiokit.providers import hibari
from audiokit.providers.checks import number, speakable
from audiokit.providers.hibari import Hibari
from audiokit.providers.threads import pulled
from tests.providers.tts_contract import TTSContract

pytest.importorskip("hibari")

TWO_SENTENCES = "The kettle is on. Shall we have some tea?"


def spoken(tts: Hibari, text: str, voice: Voice | None = None) -> list[SpeechChunk]:
    return list(portal.iterate(tts.synthesize(text, voice)))


def joined(chunks: list[SpeechChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


def a_voice(voice_id: str, **settings: Any) -> Voice:
    return Voice(name="Ann", provider="hibari", voice_id=voice_id, settings=settings)


@pytest.mark.model
class TestHibari(TTSContract):
    @pytest.fixture
    def tts(self) -> TTS:
        return Hibari()

    def test_each_sentence_is_a_piece_of_sound(self) -> None:
        chunks = spoken(Hibari(), TWO_SENTENCES)
        assert [chunk.sample_rate for chunk in chunks] == [24_000, 24_000]
        assert all(0.7 < chunk.duration_s < 4 for chunk in chunks)
        assert all(0.05 < np.abs(chunk.samples).max() <= 1 for chunk in chunks)

    def test_samples_are_mono_float32_columns(self) -> None:
        (chunk,) = spoken(Hibari(), "Yes.")
        assert (chunk.samples.dtype, chunk.samples.ndim, chunk.samples.shape[1]) == (np.float32, 2, 1)
        assert chunk.samples.flags.c_contiguous

    def test_the_same_text_always_sounds_the_same(self) -> None:
        first, second = (joined(spoken(Hibari(), TWO_SENTENCES)) for _ in range(2))
        assert np.array_equal(first, second)

    def test_threads_do_not_disturb_each_other(self) -> None:
        alone = joined(spoken(Hibari(), TWO_SENTENCES))
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda _: joined(spoken(Hibari(), TWO_SENTENCES)), range(8)))
        assert all(np.array_equal(alone, other) for other in together)

    def test_the_model_is_loaded_once_in_a_process(self) -> None:
        hibari._loaded.cache_clear()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: Hibari().warm_up(), range(4)))
        assert hibari._loaded.cache_info().misses == 1

    def test_a_higher_speed_takes_less_time(self) -> None:
        normal, fast = joined(spoken(Hibari(), TWO_SENTENCES)), joined(spoken(Hibari(speed=1.5), TWO_SENTENCES))
        assert len(fast) / len(normal) == pytest.approx(1 / 1.5, rel=0.1)

    def test_the_speed_of_the_voice_goes_before_that_of_the_provider(self) -> None:
        of_voice = joined(spoken(Hibari(speed=0.5), TWO_SENTENCES, a_voice("hibari", speed=2.0)))
        assert np.array_equal(of_voice, joined(spoken(Hibari(speed=2.0), TWO_SENTENCES)))

    @pytest.mark.parametrize("voice_id", ["", "hibari", "heart"])
    def test_its_own_voice_has_several_names(self, voice_id: str) -> None:
        assert np.array_equal(joined(spoken(Hibari(), "Yes.", a_voice(voice_id))), joined(spoken(Hibari(), "Yes.")))

    def test_a_voice_that_was_downloaded_is_used(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from hibari.voices import VOICES, voice_path

        monkeypatch.setenv("HIBARI_HOME", str(tmp_path))
        shutil.copy(voice_path("heart"), tmp_path / VOICES["emma"]["file"])
        british = joined(spoken(Hibari(), "I ask for a bath.", a_voice("emma")))
        hibari._loaded.cache_clear()
        assert len(british) != len(joined(spoken(Hibari(), "I ask for a bath.")))

    def test_a_voice_that_cannot_be_downloaded_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HIBARI_HOME", str(tmp_path))
        monkeypatch.setattr("hibari.voices.BASE_URL", "http://127.0.0.1:9/")
        with pytest.raises(ProviderUnavailable, match="could not download"):
            spoken(Hibari(), "Yes.", a_voice("kore"))

    def test_an_unknown_voice_is_refused_with_those_there_are(self) -> None:
        with pytest.raises(VoiceNotFoundError, match="no voice 'nobody'; it has: heart, emma"):
            spoken(Hibari(), "Yes.", a_voice("nobody"))

    def test_a_text_it_cannot_read_is_refused(self) -> None:
        with pytest.raises(ProviderError, match="found nothing to say in '日本語'"):
            spoken(Hibari(), "日本語")

    def test_closing_it_makes_no_further_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        model, made = hibari._model(hibari.BUNDLED), []
        whole = model.from_ids
        monkeypatch.setattr(model, "from_ids", lambda *arguments: made.append(1) or whole(*arguments))

        async def first_piece() -> None:
            async for _ in (pieces := Hibari().synthesize("One. Two. Three.")):
                break
            await pieces.aclose()  # type: ignore[attr-defined]

        asyncio.run(first_piece())
        assert len(made) == 1


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the text is empty"):
        spoken(Hibari(), text)


def test_the_settings_key_tells_what_changes_the_sound() -> None:
    assert Hibari().settings_key == Hibari(speed=1).settings_key != Hibari(speed=1.1).settings_key


def test_the_registry_knows_it() -> None:
    assert registry.provider("tts", "hibari", speed=1.2).settings_key == Hibari(speed=1.2).settings_key


def test_without_the_package_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hibari, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'audiokit\[offline\]'"):
        Hibari()


@pytest.mark.parametrize("speed", [0.4, 2.1, float("nan"), "fast", True])
def test_a_speed_outside_its_range_is_refused(speed: Any) -> None:
    with pytest.raises(ConfigError, match=r"hibari: speed is .*; expected a number from 0"):
        Hibari(speed=speed)


def test_a_number_in_its_range_is_given_as_float() -> None:
    assert number("acme", "speed", 1, 0, 2) == 1.0


def test_a_text_loses_the_space_around_it() -> None:
    assert speakable(" Hello. \n") == "Hello."


class TestPulled:
    def test_items_come_in_order_and_are_made_outside_the_loop(self) -> None:
        makers = []

        def items() -> Iterator[int]:
            for item in range(3):
                makers.append(threading.current_thread())
                yield item

        async def collected() -> list[int]:
            return [item async for item in pulled(items())]

        assert asyncio.run(collected()) == [0, 1, 2]
        assert threading.main_thread() not in makers

    def test_an_error_of_the_iterator_is_raised(self) -> None:
        def items() -> Iterator[int]:
            yield 1
            raise ConfigError("no second item")

        async def collected() -> list[int]:
            return [item async for item in pulled(items())]

        with pytest.raises(ConfigError, match="no second item"):
            asyncio.run(collected())


def test_it_speaks_one_text_at_a_time() -> None:
    assert registry.promise("tts", "hibari", "concurrency") == 1
