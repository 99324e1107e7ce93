from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.generate import tone, white_noise
from audiokit.dsp.levels import rms_dbfs
from audiokit.dsp.mix import append
from audiokit.dsp.stretch import pitch_shift, time_stretch

SPEEDS = [0.25, 0.5, 0.8, 0.95, 1.07, 1.5, 2.0, 4.0]


def strongest_hz(audio: Audio) -> float:
    """Find the strongest frequency by the peak of the spectrum, refined by a parabola through its logarithm."""
    wave = audio.samples[:, 0] * np.blackman(audio.frames)
    spectrum = np.log(np.abs(np.fft.rfft(wave, 4 * audio.frames)) + 1e-12)
    peak = int(spectrum.argmax())
    before, here, after = spectrum[peak - 1 : peak + 2]
    return (peak + (before - after) / (2 * (before - 2 * here + after))) * audio.sample_rate / (4 * audio.frames)


def pulses(period_frames: int, sample_rate: int = 16000, duration_s: float = 3.0) -> Audio:
    """Make a buzz like that of a larynx."""
    wave = np.zeros(round(duration_s * sample_rate), np.float32)
    wave[::period_frames] = 1.0
    return Audio(np.convolve(wave, np.hanning(12), "same"), sample_rate)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("frames", [0, 1, 500, 16001])
def test_the_length_is_divided_by_the_speed(frames, speed):
    audio = Audio(white_noise(2, sample_rate=16000, seed=1).samples[:frames], 16000)
    assert time_stretch(audio, speed).frames == round(frames / speed)


@pytest.mark.parametrize("speed", SPEEDS)
@pytest.mark.parametrize("freq_hz", [70, 110, 220, 1000, 3000])
def test_the_pitch_stays(freq_hz, speed):
    stretched = time_stretch(tone(freq_hz, 4.0, sample_rate=16000, level_dbfs=-6), speed)
    assert strongest_hz(stretched[0.2:-0.2]) == pytest.approx(freq_hz, rel=0.01)


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_period_of_a_buzz_stays(speed):
    buzz = time_stretch(pulses(160), speed)[0.1:-0.1].samples[:, 0]
    peaks = np.flatnonzero((buzz > 0.5) & (buzz >= np.roll(buzz, 1)) & (buzz > np.roll(buzz, -1)))
    assert np.median(np.diff(peaks)) == pytest.approx(160, rel=0.01)


@pytest.mark.parametrize("speed", SPEEDS)
def test_nothing_clicks(speed):
    smooth = tone(200, 3.0, sample_rate=16000, level_dbfs=-6)
    steepest = np.abs(np.diff(smooth.samples[:, 0])).max()
    assert np.abs(np.diff(time_stretch(smooth, speed)[:-0.05].samples[:, 0])).max() < 1.1 * steepest


@pytest.mark.parametrize("speed", SPEEDS)
def test_the_level_stays(speed, speech):
    audio = speech(0.0).audio
    assert rms_dbfs(time_stretch(audio, speed)) == pytest.approx(rms_dbfs(audio), abs=1.0)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
def test_everything_stays_in_its_place(speed):
    quiet, loud = (white_noise(1.0, level_dbfs=level, sample_rate=16000, seed=1) for level in (-60, -10))
    stretched = time_stretch(append(quiet, loud, quiet), speed).samples[:, 0]
    sounding = np.flatnonzero(np.abs(stretched) > 0.1) / 16000
    assert (sounding[0], sounding[-1]) == pytest.approx((1 / speed, 2 / speed), abs=0.025)


def test_at_speed_1_nothing_changes():
    audio = white_noise(1.0, seed=2)
    assert np.array_equal(time_stretch(audio, 1.0).samples, audio.samples)


def test_silence_is_not_moved_about():
    audio = append(Audio(np.zeros(4000, np.float32), 16000), tone(500, 0.5, sample_rate=16000))
    stretched = time_stretch(audio, 0.5).samples[:, 0]
    assert np.flatnonzero(np.abs(stretched) > 0.5)[0] == pytest.approx(8000, abs=300)


def test_channels_stay_together():
    left = white_noise(2.0, sample_rate=16000, seed=1).samples
    stretched = time_stretch(Audio(np.concatenate([left, -0.5 * left], axis=1), 16000), 1.4).samples
    assert stretched[:, 1] == pytest.approx(-0.5 * stretched[:, 0], abs=1e-6)


def test_opposite_phases_do_not_blind_it():
    wave = tone(150, 3.0, sample_rate=16000, level_dbfs=-6).samples
    stretched = time_stretch(Audio(np.concatenate([wave, -wave], axis=1), 16000), 1.3)
    assert rms_dbfs(stretched) == pytest.approx(-9.03, abs=0.2)


@pytest.mark.parametrize("speed", [0, 0.2, 4.1, -1])
def test_a_speed_that_makes_no_speech_is_refused(speed):
    with pytest.raises(ValueError, match=r"expected 0\.25 to 4"):
        time_stretch(tone(440), speed)


@pytest.mark.parametrize("semitones", [-12, -5, -0.5, 0, 1, 7, 12])
@pytest.mark.parametrize("sample_rate", [8000, 22050, 44100])
def test_the_pitch_moves_by_so_many_semitones(sample_rate, semitones):
    shifted = pitch_shift(tone(300, 3.0, sample_rate=sample_rate, level_dbfs=-6), semitones)
    assert strongest_hz(shifted[0.2:-0.2]) == pytest.approx(300 * 2 ** (semitones / 12), rel=0.005)


@pytest.mark.parametrize("semitones", [-12, -3, 0.1, 12])
@pytest.mark.parametrize("frames", [0, 1, 10, 12345])
def test_a_shifted_sound_keeps_its_length(frames, semitones):
    audio = Audio(white_noise(1, sample_rate=16000, seed=1).samples[:frames], 16000)
    assert pitch_shift(audio, semitones).frames == frames


def test_a_shifted_sound_stays_in_its_place():
    quiet, loud = (white_noise(1.0, level_dbfs=level, sample_rate=16000, seed=1) for level in (-60, -10))
    sounding = np.flatnonzero(np.abs(pitch_shift(append(quiet, loud, quiet), 4).samples[:, 0]) > 0.1) / 16000
    assert (sounding[0], sounding[-1]) == pytest.approx((1, 2), abs=0.025)


@pytest.mark.parametrize("semitones", [-13, 12.5])
def test_more_than_an_octave_is_refused(semitones):
    with pytest.raises(ValueError, match="expected -12"):
        pitch_shift(tone(440), semitones)
