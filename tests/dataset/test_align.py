"""audiokit.dataset.align."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.contracts import Word
from audiokit.dataset.align import aligned, in_silence

RATE = 16_000


def word(text: str, start_s: float, end_s: float) -> Word:
    return Word(text=text, start_s=start_s, end_s=end_s, confidence=0.9)


def sound(*spans: tuple[float, float], length_s: float = 4.0, noise_db: float = -70.0) -> Audio:
    """Give faint noise in which a vowel-like tone stands at each span, in seconds."""
    time_s = np.arange(round(length_s * RATE)) / RATE
    samples = 10 ** (noise_db / 20) * np.random.default_rng(1).standard_normal(len(time_s))
    for start_s, end_s in spans:
        samples[(time_s >= start_s) & (time_s < end_s)] += 0.3
    return Audio((samples * np.sin(2 * np.pi * 200 * time_s)).astype(np.float32)[:, None], RATE)


@pytest.mark.parametrize(("told", "fitted"), [
    ((0.0, 1.5), (1.0, 1.5)),  # stretched over the silence before
    ((1.2, 2.4), (1.2, 2.0)),  # ... and behind
    ((0.5, 2.5), (1.0, 2.0)),
    ((1.1, 1.9), (1.1, 1.9)),  # well inside
    ((0.2, 0.7), (0.2, 0.7)),  # in silence: nothing to fit it to
])  # fmt: skip
def test_a_word_shrinks_to_its_sound(told: tuple[float, float], fitted: tuple[float, float]) -> None:
    (found,) = aligned([word("ah", *told)], sound((1.0, 2.0)))
    assert (found.start_s, found.end_s) == pytest.approx(fitted, abs=0.011)


def test_words_are_in_order_and_inside_the_clip() -> None:
    clip = sound((0.0, 4.0))
    found = aligned([word("a", 0.5, 1.5), word("b", 1.2, 1.1), word("c", 1.0, 9.0)], clip)
    times = [time_s for each in found for time_s in (each.start_s, each.end_s)]
    assert times == sorted(times)
    assert times[-1] == clip.duration_s
    assert [each.text for each in found] == ["a", "b", "c"]


def test_a_word_in_silence_is_found() -> None:
    clip = sound((1.0, 2.0))
    said, made_up = word("yes", 0.9, 1.4), word("thanks", 2.5, 3.0)
    assert in_silence([said, made_up], clip) == [made_up]


def test_a_silent_clip_has_no_silence_to_tell_from() -> None:
    clip = Audio(np.zeros((RATE, 1), np.float32), RATE)
    assert aligned([], clip) == ()
    assert aligned([word("a", 0.1, 0.2)], clip) == (word("a", 0.1, 0.2),)
