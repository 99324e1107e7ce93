from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.generate import silence, tone, white_noise
from audiokit.dsp.levels import peak_dbfs, rms_dbfs


def test_silence_is_as_long_as_asked():
    quiet = silence(1.25, sample_rate=8000, channels=2)
    assert quiet.samples.shape == (10000, 2)
    assert not np.any(quiet.samples)


@pytest.mark.parametrize(
    ("shape", "name"), [("sine", "Sine"), ("square", "Square"), ("saw", "Sawtooth"), ("triangle", "Triangle")]
)
def test_tones_are_those_of_pydub(shape, name):
    Audio.to_pydub(silence(0.1))  # imports pydub in peace
    from pydub import generators

    # A frequency that divides the rate by a power of two: elsewhere the jump of a square may fall one frame off.
    theirs = Audio.from_pydub(getattr(generators, name)(375, sample_rate=48000).to_audio_segment(500, volume=-6))
    ours = tone(375, 0.5, shape=shape, level_dbfs=-6, sample_rate=48000)
    assert np.abs(ours.samples - theirs.samples).max() < 2 / 32768


@pytest.mark.parametrize(("shape", "rms_db"), [("sine", -3.01), ("square", 0), ("saw", -4.77), ("triangle", -4.77)])
def test_a_tone_has_the_rms_of_its_shape(shape, rms_db):
    assert rms_dbfs(tone(100, shape=shape)) == pytest.approx(rms_db, abs=0.02)


def test_a_tone_keeps_its_level():
    assert peak_dbfs(tone(1000, level_dbfs=-12)) == pytest.approx(-12, abs=0.01)


def test_noise_is_spread_evenly_between_its_peaks():
    noise = white_noise(10, level_dbfs=-6, seed=1)
    assert peak_dbfs(noise) == pytest.approx(-6, abs=0.01)
    assert rms_dbfs(noise) == pytest.approx(-6 - 4.77, abs=0.02)


def test_the_same_seed_gives_the_same_noise():
    assert np.array_equal(white_noise(seed=5).samples, white_noise(seed=5).samples)
    assert not np.array_equal(white_noise(seed=5).samples, white_noise(seed=6).samples)


def test_nothing_lasts_no_time():
    assert silence(0).frames == tone(440, 0).frames == white_noise(0).frames == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"freq_hz": 0}, "freq_hz is 0"),
        ({"freq_hz": 30000}, "at most 22050"),
        ({"freq_hz": 440, "duration_s": -1}, "duration_s is -1"),
        ({"freq_hz": 440, "shape": "sinus"}, "sine, square, saw, triangle"),
    ],
)
def test_tones_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        tone(**arguments)
