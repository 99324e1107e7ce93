"""A voice behind the cache, a counter or a chain of others keeps all that a voice promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit.contracts import TTS
from audiokit.errors import ProviderUnavailable
from audiokit.speech.cache import CacheSettings, SpeechCache
from audiokit.speech.cached import CachedTTS
from audiokit.speech.counted import CountedTTS
from audiokit.speech.fallback import FallbackTTS, Speaker
from audiokit.speech.usage import UsageCounter
from tests.providers.tts_contract import TEXT, TTSContract, speech_of
from tests.speech.voices import FlacTTS, ToneTTS


class TestCached(TTSContract):
    @pytest.fixture
    def tts(self, tmp_path: Path) -> TTS:
        return CachedTTS(ToneTTS(), SpeechCache(CacheSettings(folder=tmp_path)), provider="tone")


class TestCachedHit(TTSContract):
    @pytest.fixture
    def tts(self, tmp_path: Path) -> TTS:
        tts = CachedTTS(FlacTTS(), SpeechCache(CacheSettings(folder=tmp_path)), provider="tone")
        speech_of(tts)
        return tts


class TestFallback(TTSContract):
    @pytest.fixture
    def tts(self) -> TTS:
        return FallbackTTS([Speaker(name="a", tts=ToneTTS(sample_rate=24_000)), Speaker(name="b", tts=ToneTTS())])


class TestCounted(TTSContract):
    @pytest.fixture
    def tts(self) -> TTS:
        return CountedTTS(ToneTTS(), provider="tone", usage=UsageCounter())

    def test_characters_are_counted(self) -> None:
        usage = UsageCounter()
        speech_of(CountedTTS(ToneTTS(), provider="tone", usage=usage))
        assert usage.total("characters") == len(TEXT)

    def test_what_is_refused_is_not_counted(self) -> None:
        usage, away = UsageCounter(), ProviderUnavailable("away", provider="tone")
        with pytest.raises(ProviderUnavailable):
            speech_of(CountedTTS(ToneTTS(fails_after=0, error=away), provider="tone", usage=usage))
        assert usage.usages() == []
