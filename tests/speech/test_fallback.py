from __future__ import annotations

import asyncio

import numpy as np
import pytest

from audiokit.audio.buffer import Samples
from audiokit.contracts import Voice
from audiokit.errors import ConfigError, MissingDependencyError, ProviderUnavailable, QuotaError
from audiokit.speech.fallback import FallbackTTS, Speaker
from audiokit.speech.streams import whole
from tests.speech.voices import ToneTTS, tone

AWAY = ProviderUnavailable("away.", provider="first", retryable=True)
SPENT = QuotaError("nothing left.", provider="first")
ANN = Voice(name="Ann", provider="first", voice_id="ann")


def chain(first: ToneTTS, second: ToneTTS) -> FallbackTTS:
    return FallbackTTS([Speaker(name="first", tts=first), Speaker(name="second", tts=second)])


def say(tts: FallbackTTS, text: str = "one two", voice: Voice | None = None) -> Samples:
    return np.concatenate([chunk.samples for chunk in asyncio.run(whole(tts, text, voice))])


def test_the_first_speaks_as_long_as_it_can() -> None:
    first, second = ToneTTS(), ToneTTS()
    np.testing.assert_array_equal(say(chain(first, second)), tone("one two"))
    assert second.asked == []


def test_the_next_speaks_when_the_first_fails_at_once_and_the_user_is_told(caplog: pytest.LogCaptureFixture) -> None:
    first, second = ToneTTS(fails_after=0, error=AWAY), ToneTTS()
    say(chain(first, second))
    assert second.asked == ["one two"]
    assert "first cannot speak: away." in caplog.text


def test_nobody_speaks_into_a_sentence_that_another_began() -> None:
    first, second = ToneTTS(fails_after=1, error=AWAY), ToneTTS()
    with pytest.raises(ProviderUnavailable):
        say(chain(first, second))
    assert second.asked == []


@pytest.mark.parametrize(("error", "tries"), [(AWAY, 2), (SPENT, 1)])
def test_one_that_failed_for_good_is_not_asked_again(error: Exception, tries: int) -> None:
    first = ToneTTS(fails_after=0, error=error)
    tts = chain(first, ToneTTS())
    say(tts)
    say(tts)
    assert len(first.asked) == tries


@pytest.mark.parametrize("error", [ConfigError("no licence."), MissingDependencyError("it", extra="coqui")])
def test_one_that_cannot_be_used_here_is_left_for_the_next(error: Exception) -> None:
    first, second = ToneTTS(fails_after=0, error=error), ToneTTS()
    tts = chain(first, second)
    asyncio.run(tts.whole("one two"))
    say(tts)
    assert (len(first.asked), len(second.asked)) == (1, 2)


def test_a_sentence_that_is_wanted_whole_is_tried_again_and_then_spoken_by_the_next() -> None:
    first, second = ToneTTS(fails_after=1, error=AWAY), ToneTTS()
    tts = chain(first, second)
    heard = asyncio.run(tts.whole("one two three"))
    np.testing.assert_array_equal(np.concatenate([chunk.samples for chunk in heard]), tone("one two three"))
    assert (len(first.asked), second.asked) == (3, ["one two three"])
    asyncio.run(tts.whole("once more"))
    assert len(first.asked) == 6


def test_a_voice_goes_to_its_own_provider_only() -> None:
    first, second = ToneTTS(fails_after=0, error=AWAY), ToneTTS()
    say(chain(first, second), voice=ANN)
    assert (first.voices, second.voices) == ([ANN], [None])


def test_all_comes_at_the_rate_of_the_first() -> None:
    tts = chain(ToneTTS(fails_after=0, error=AWAY), ToneTTS(sample_rate=8_000))
    assert len(say(tts)) == len(tone("one two"))


def test_the_last_error_is_raised() -> None:
    with pytest.raises(QuotaError):
        say(chain(ToneTTS(fails_after=0, error=AWAY), ToneTTS(fails_after=0, error=SPENT)))
