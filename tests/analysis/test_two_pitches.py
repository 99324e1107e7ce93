"""audiokit.analysis.two_pitches: against mixtures of tones, of voices, and what is none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from audiokit.analysis.two_pitches import evidence, left_of, overlap
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from audiokit.dataset.speakers import AT_ONCE
from tests.conftest import SAMPLES_DIR

RATE = 24_000
TEXTS = (
    "The tall ladder stood behind the school all winter, and nobody asked for it.",
    "Her grandmother carried home a basket of wet stones early in the morning.",
    "As far as I know, the new librarian never sold the map of the valley.",
)


def levelled(wave: np.ndarray) -> np.ndarray:
    return (0.06 * wave / np.sqrt(np.mean(np.square(wave)))).astype(np.float32)


@cache
def reader() -> tuple[np.ndarray, ...]:
    """Sentences of a woman who reads, each some 5 s."""
    paths = sorted((SAMPLES_DIR / "librivox").glob("*.wav"))
    return tuple(levelled(read(path).mono().resample(RATE).samples[:, 0]) for path in paths)


@cache
def synthetic() -> tuple[np.ndarray, ...]:
    """Sentences of another voice."""
    from hibari import Hibari

    say = Hibari()
    return tuple(levelled(np.asarray(say(text, seed=0), np.float32)) for text in TEXTS)


def mixed(one: np.ndarray, two: np.ndarray, apart_db: float = 0.0, start: float = 0.0) -> np.ndarray:
    """Add the second voice, softer, from a part of the clip on."""
    length = min(len(one), len(two))
    mixture = one[:length].copy()
    from_here = round(start * length)
    mixture[from_here:] += two[from_here:length] * np.float32(10 ** (-apart_db / 20))
    return mixture


def heard(wave: np.ndarray, sample_rate: int = RATE) -> float:
    return overlap(Audio(wave, RATE).resample(sample_rate))


@pytest.mark.model
def test_one_voice_is_one() -> None:
    assert max(heard(wave) for wave in (*reader(), *synthetic())) < AT_ONCE


@pytest.mark.model
@pytest.mark.parametrize(("start", "found"), [(0.0, 15), (0.4, 13)])
def test_two_voices_at_once_are_two(start: float, found: int) -> None:
    mixtures = [mixed(one, two, start=start) for one in reader() for two in synthetic()]
    assert sum(heard(mixture) > AT_ONCE for mixture in mixtures) >= found


@pytest.mark.model
@pytest.mark.parametrize("sample_rate", [8000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_any_rate_will_do(sample_rate: int) -> None:
    one, two = reader()[0], synthetic()[0]
    assert heard(one, sample_rate) < AT_ONCE < heard(mixed(one, two), sample_rate)


@pytest.mark.model
def test_the_softer_the_second_voice_the_less_sure() -> None:
    one, two = reader()[1], synthetic()[1]
    sure = [heard(mixed(one, two, apart_db)) for apart_db in (0, 6, 12, 18, 30)]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] > 1.5 * sure[-1]


@pytest.mark.model
@pytest.mark.parametrize("level_db", [-26, 20])
def test_the_level_does_not_matter(level_db: float) -> None:
    wave = mixed(reader()[2], synthetic()[2])
    assert heard(wave * np.float32(10 ** (level_db / 20))) == pytest.approx(heard(wave), abs=0.01)


@pytest.mark.model
def test_a_pause_and_noise_make_no_second_voice() -> None:
    noise = np.random.default_rng(0).standard_normal(len(reader()[3]), np.float32)
    noisy = reader()[3] + noise * np.float32(0.06 * 10 ** (-15 / 20))
    assert heard(np.concatenate([noisy, np.zeros(2 * RATE, np.float32)])) < AT_ONCE


@pytest.mark.model
def test_a_clip_too_short_to_tell_is_taken_for_one_voice() -> None:
    wave = mixed(reader()[0], synthetic()[0])
    assert heard(wave[RATE : RATE + RATE // 4]) < AT_ONCE


@pytest.mark.parametrize("frames", [0, 1, 500, RATE])
def test_silence_and_too_few_samples_are_nothing(frames: int) -> None:
    assert overlap(Audio(np.zeros((frames, 1), np.float32), RATE)) == 0.0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_is_no_two_voices(seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(6 * RATE)
    assert overlap(Audio(0.1 * noise, RATE)) < AT_ONCE


def test_a_chord_is_a_number_between_0_and_1(tone: Callable[..., Audio]) -> None:
    chord = sum(tone(pitch_hz, 3.0, RATE).samples for pitch_hz in (220.0, 277.2, 329.6))
    assert 0 <= overlap(Audio(chord, RATE)) <= 1


def pulses(pitch_hz: float) -> np.ndarray:
    """The harmonics of a pitch up to 2.5 kHz, equally strong."""
    time_s = np.arange(RATE) / RATE
    return levelled(sum(np.cos(2 * np.pi * pitch_hz * n * (time_s + n)) for n in range(1, int(2500 / pitch_hz))))


@pytest.mark.parametrize(("pitches_hz", "by_one", "by_two"), [
    ((100,), 0.01, 0.01), ((100, 160), 0.2, 0.01), ((125, 200), 0.2, 0.01), ((100, 160, 230), 0.2, 0.1),
])  # fmt: skip
def test_one_period_cancels_one_pitch_and_two_cancel_two(
    pitches_hz: tuple[float, ...], by_one: float, by_two: float
) -> None:
    windows = sum(map(pulses, pitches_hz))[::3][:8000].reshape(-1, 500)
    one, two = left_of(np.asarray(windows, np.float32), 8000.0)
    two = two / np.mean(np.square(windows), axis=1)
    many = len(pitches_hz)
    assert one.max() < by_one if many == 1 else one.min() > by_one
    assert two.max() < by_two if many <= 2 else two.min() > 0.01


def test_the_evidence_is_finite_for_any_sound() -> None:
    for wave in (np.ones(RATE), np.sign(np.sin(np.arange(RATE))), np.eye(1, RATE, 100)[0]):
        assert np.isfinite(evidence(Audio(wave, RATE))).all()


def test_two_channels_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2 channels; use audio\.mono"):
        overlap(Audio(np.zeros((100, 2), np.float32), RATE))
