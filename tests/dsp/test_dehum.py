from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from audiokit.audio.buffer import Audio
from audiokit.dsp.dehum import QUALITY, dehum, hum_sections
from audiokit.dsp.levels import rms_dbfs


def hum(mains_hz: float, sample_rate: int = 44100, harmonics: int = 8, duration_s: float = 6.0) -> Audio:
    time_s = np.arange(round(duration_s * sample_rate)) / sample_rate
    wave = sum(0.05 / place * np.sin(2 * np.pi * mains_hz * place * time_s) for place in range(1, harmonics + 1))
    return Audio(np.asarray(wave), sample_rate)


@pytest.mark.parametrize("sample_rate", [8000, 44100, 96000])
@pytest.mark.parametrize("mains_hz", [50, 60])
def test_hum_and_its_overtones_vanish(mains_hz, sample_rate):
    before = hum(mains_hz, sample_rate)
    assert rms_dbfs(dehum(before, mains_hz)[4:]) < rms_dbfs(before) - 60


@pytest.mark.parametrize("drift", [0.999, 1.001])
def test_mains_that_drift_by_a_thousandth_are_caught_still(drift):
    before = hum(50 * drift)
    assert rms_dbfs(dehum(before, 50)[4:]) < rms_dbfs(before) - 20


@pytest.mark.parametrize("freq_hz", [75, 125, 230, 1000, 5000])
def test_sound_between_the_notches_stays(tone, freq_hz):
    before = tone(freq_hz, 3.0, 44100)
    assert rms_dbfs(dehum(before)[1:]) == pytest.approx(rms_dbfs(before[1:]), abs=0.3)


def test_only_so_many_harmonics_are_taken(tone):
    third = tone(150, 4.0)
    assert rms_dbfs(dehum(third, 50, harmonics=2)[2:]) == pytest.approx(rms_dbfs(third[2:]), abs=0.1)
    assert rms_dbfs(dehum(third, 50, harmonics=3)[2:]) < rms_dbfs(third) - 60


def test_a_notch_is_that_of_scipy():
    frequencies = np.linspace(20, 1000, 200)
    _, ours = signal.sosfreqz(hum_sections(60, 48000, harmonics=1), frequencies, fs=48000)
    _, theirs = signal.freqz(*signal.iirnotch(60, QUALITY, fs=48000), frequencies, fs=48000)
    assert np.abs(ours) == pytest.approx(np.abs(theirs), abs=1e-3)


def test_harmonics_beyond_half_the_rate_are_left_out():
    assert len(hum_sections(50, 500, harmonics=8)) == 4


@pytest.mark.parametrize(
    ("mains_hz", "harmonics", "message"), [(0, 8, "mains_hz is 0"), (9000, 8, "less than 8000"), (50, 0, "harmonics")]
)
def test_hum_that_cannot_be_is_refused(mains_hz, harmonics, message):
    with pytest.raises(ValueError, match=message):
        hum_sections(mains_hz, 16000, harmonics=harmonics)
