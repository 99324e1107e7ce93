from __future__ import annotations

import math

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.gain import amplify, normalize_loudness, normalize_peak, normalize_rms
from audiokit.dsp.levels import peak_dbfs, rms_dbfs
from audiokit.dsp.loudness import loudness_lufs

SILENCE = Audio(np.zeros((16000, 2), np.float32), 16000)
STEP = 1 / 32768


def test_a_gain_changes_the_level_by_so_many_db(tone):
    assert peak_dbfs(amplify(tone(level_dbfs=-20), 7.5)) == pytest.approx(-12.5, abs=0.01)


def test_a_gain_of_minus_infinity_silences(tone):
    assert not np.any(amplify(tone(), -math.inf).samples)


def test_a_gain_clips_nothing(tone):
    assert peak_dbfs(amplify(tone(level_dbfs=-1), 10)) == pytest.approx(9, abs=0.01)


@pytest.mark.parametrize("gain_db", [-30, -5, 0, 3])
def test_a_gain_is_that_of_pydub(tone, gain_db):
    audio = tone(level_dbfs=-6)
    theirs = Audio.from_pydub(audio.to_pydub() + gain_db)
    # Rounded once before pydub (and raised with the gain), cut off once by it.
    assert np.abs(amplify(audio, gain_db).samples - theirs.samples).max() <= 2 * STEP


def test_the_highest_sample_is_brought_to_a_level(tone):
    assert peak_dbfs(normalize_peak(tone(level_dbfs=-17), -1.5)) == pytest.approx(-1.5, abs=1e-4)


def test_the_default_head_room_is_that_of_pydub(tone):
    audio = tone(level_dbfs=-17)
    from pydub.effects import normalize

    theirs = Audio.from_pydub(normalize(audio.to_pydub()))
    assert np.abs(normalize_peak(audio).samples - theirs.samples).max() < 10 * STEP  # rounded at -17 dBFS: 6 x coarser


def test_the_rms_is_brought_to_a_level(tone):
    assert rms_dbfs(normalize_rms(tone(level_dbfs=-30), -20)) == pytest.approx(-20, abs=1e-4)


def test_the_loudness_is_brought_to_a_target(tone):
    assert loudness_lufs(normalize_loudness(tone(level_dbfs=-30), -16)) == pytest.approx(-16, abs=0.001)


@pytest.mark.parametrize("normalize", [normalize_peak, normalize_rms, normalize_loudness])
def test_silence_is_returned_as_it_is(normalize):
    assert normalize(SILENCE) is SILENCE


@pytest.mark.parametrize("normalize", [normalize_peak, normalize_rms])
def test_no_sound_is_returned_as_it_is(normalize):
    empty = SILENCE[:0]
    assert normalize(empty) is empty
