"""Against ITU-R BS.1770-5 and BS.2217, EBU Tech 3341 and 3342: the signals that can be synthesized, their tolerance."""

from __future__ import annotations

import math

import numpy as np
import pyloudnorm
import pytest
import soxr

from audiokit.audio.buffer import Audio
from audiokit.dsp.loudness import (
    LoudnessMeter,
    integrated_loudness,
    k_weighting,
    loudness_lufs,
    loudness_range,
    momentary_loudness,
    short_term_loudness,
)
from audiokit.errors import AudioFileError

RATE = 48000
TABLE = [
    [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
    [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
]
EBU_LU = 0.1  # tolerance of EBU Tech 3341


def sines(*parts: tuple[float, float], channels: int = 2, freq_hz: float = 1000.0, rate: int = RATE) -> Audio:
    """Join parts (peak level in dBFS, seconds) of one sine that runs through, the same in all channels."""
    gains = np.concatenate([np.full(round(seconds * rate), 10 ** (level / 20)) for level, seconds in parts])
    wave = gains * np.sin(2 * np.pi * freq_hz * np.arange(len(gains)) / rate)
    return Audio(np.repeat(wave[:, np.newaxis], channels, axis=1).astype(np.float32), rate)


def powers(audio: Audio, step_s: float = 0.1) -> np.ndarray:
    meter = LoudnessMeter(audio.sample_rate, audio.channels, step_s=step_s)
    meter.push(audio.samples)
    return meter.step_powers


def gain_db(sections: np.ndarray, freq_hz: np.ndarray | float, rate: int) -> np.ndarray:
    delay = np.exp(-2j * np.pi * np.asarray(freq_hz) / rate)
    response = np.prod(
        [(b0 + b1 * delay + b2 * delay**2) / (a0 + a1 * delay + a2 * delay**2) for b0, b1, b2, a0, a1, a2 in sections],
        axis=0,
    )
    return 20 * np.log10(np.abs(response))


def test_k_weighting_at_48_khz_is_the_table_of_the_standard():
    assert k_weighting(48000) == pytest.approx(np.array(TABLE), abs=1e-12)


@pytest.mark.parametrize(("rate", "tolerance_db"), [(16000, 0.07), (22050, 0.031), (32000, 0.011), (96000, 0.007)])
def test_k_weighting_at_other_rates_has_nearly_the_same_response(rate, tolerance_db):
    frequencies = np.geomspace(20, min(10000, 0.45 * rate), 200)
    difference = gain_db(k_weighting(rate), frequencies, rate) - gain_db(np.array(TABLE), frequencies, 48000)
    assert np.abs(difference).max() < tolerance_db


@pytest.mark.parametrize(
    ("rate", "tolerance_lu"),
    [(16000, 0.05), (22050, 0.03), (24000, 0.03), (32000, 0.02), (44100, 0.01), (48000, 0.01), (96000, 0.01)],
)
def test_a_full_scale_sine_in_one_channel_reads_its_rms(rate, tolerance_lu):
    left = sines((0, 5), freq_hz=997, rate=rate).samples * [1, 0]
    assert loudness_lufs(Audio(left, rate)) == pytest.approx(-3.01, abs=tolerance_lu)


@pytest.mark.parametrize(
    ("parts", "loudness"),
    [
        pytest.param([(-23, 20)], -23, id="case 1"),
        pytest.param([(-33, 20)], -33, id="case 2"),
        pytest.param([(-36, 10), (-23, 60), (-36, 10)], -23, id="case 3"),
        pytest.param([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23, id="case 4"),
        pytest.param([(-26, 20), (-20, 20.1), (-26, 20)], -23, id="case 5"),
    ],
)
def test_ebu_3341_integrated_loudness(parts, loudness):
    assert loudness_lufs(sines(*parts)) == pytest.approx(loudness, abs=EBU_LU)


def test_ebu_3341_case_6_five_channels():
    gains = 10 ** (np.array([-28, -28, -24, -30, -30]) / 20)
    assert loudness_lufs(Audio(sines((0, 20), channels=5).samples * gains, RATE)) == pytest.approx(-23, abs=EBU_LU)


@pytest.mark.parametrize("parts", [[(-23, 20)], [(-33, 20)]], ids=["case 1", "case 2"])
def test_ebu_3341_momentary_and_short_term_of_a_steady_tone(parts):
    steps = powers(sines(*parts))
    assert momentary_loudness(steps)[1:] == pytest.approx(parts[0][0], abs=EBU_LU)
    assert short_term_loudness(steps)[1:] == pytest.approx(parts[0][0], abs=EBU_LU)


def test_ebu_3341_case_9_short_term_stays_constant():
    steps = powers(sines(*[(-20, 1.34), (-30, 1.66)] * 5))
    assert short_term_loudness(steps) == pytest.approx(-23, abs=EBU_LU)


@pytest.mark.parametrize("file", range(20))
def test_ebu_3341_case_10_short_term_maximum_wherever_the_tone_begins(file):
    steps = powers(sines((-200, file * 0.15), (-23, 3), (-200, 1), channels=2))
    assert short_term_loudness(steps).max() == pytest.approx(-23, abs=EBU_LU)


def test_ebu_3341_case_11_short_term_maxima_of_a_rising_series():
    parts = [((-200, i * 0.15), (-38 + i, 3), (-200, 3 - i * 0.15)) for i in range(20)]
    series = short_term_loudness(powers(sines(*(part for slot in parts for part in slot))))
    maxima = [series[i * 60 : i * 60 + 31].max() for i in range(20)]  # windows that lie inside slot i
    assert maxima == pytest.approx(np.arange(-38, -18), abs=EBU_LU)


def test_ebu_3341_case_12_momentary_stays_constant():
    steps = powers(sines(*[(-20, 0.18), (-30, 0.22)] * 25))
    assert momentary_loudness(steps)[6:] == pytest.approx(-23, abs=EBU_LU)


@pytest.mark.parametrize("file", range(20))
def test_ebu_3341_case_13_momentary_maximum_wherever_the_tone_begins(file):
    steps = powers(sines((-200, file * 0.02), (-23, 0.4), (-200, 1)), step_s=0.02)
    assert momentary_loudness(steps, step_s=0.02).max() == pytest.approx(-23, abs=EBU_LU)


def test_ebu_3341_case_14_momentary_maxima_of_a_rising_series():
    parts = [((-200, i * 0.02), (-38 + i, 0.4), (-200, 0.4 - i * 0.02)) for i in range(20)]
    series = momentary_loudness(powers(sines(*(part for slot in parts for part in slot)), step_s=0.02), step_s=0.02)
    maxima = [series[i * 40 : i * 40 + 21].max() for i in range(20)]
    assert maxima == pytest.approx(np.arange(-38, -18), abs=EBU_LU)


@pytest.mark.parametrize(
    ("levels", "spread_lu"),
    [
        pytest.param([-20, -30], 10, id="case 1"),
        pytest.param([-20, -15], 5, id="case 2"),
        pytest.param([-40, -20], 20, id="case 3"),
        pytest.param([-50, -35, -20, -35, -50], 15, id="case 4"),
    ],
)
def test_ebu_3342_loudness_range(levels, spread_lu):
    assert loudness_range(powers(sines(*((level, 20) for level in levels)))) == pytest.approx(spread_lu, abs=1)


@pytest.mark.parametrize("target_lufs", [-23, -24])
@pytest.mark.parametrize("freq_hz", [25, 100, 500, 1000, 2000, 10000])
def test_bs_2217_frequencies(freq_hz, target_lufs):
    level = target_lufs + 0.691 - gain_db(np.array(TABLE), freq_hz, RATE)  # two channels of half a square each
    assert loudness_lufs(sines((level, 20), freq_hz=freq_hz)) == pytest.approx(target_lufs, abs=0.02)


@pytest.mark.parametrize(
    ("channel", "loudness"),
    [(0, -24), (1, -24), (2, -24), (3, -math.inf), (4, -22.508), (5, -22.508)],
    ids=["left", "right", "centre", "LFE", "left surround", "right surround"],
)
def test_bs_2217_channels_of_surround(channel, loudness):
    samples = np.zeros((10 * RATE, 6), np.float32)
    samples[:, channel] = sines((-21, 10), freq_hz=997).samples[:, 0]
    assert loudness_lufs(Audio(samples, RATE)) == pytest.approx(loudness, abs=0.02)


def test_the_relative_gate_leaves_out_what_lies_more_than_ten_units_below_the_mean():
    assert loudness_lufs(sines((-10, 60), (-23, 60))) == pytest.approx(-10, abs=EBU_LU)  # the mean is -12.80


def test_the_relative_gate_keeps_what_lies_less_than_ten_units_below_the_mean():
    assert loudness_lufs(sines((-10, 60), (-22.5, 60))) == pytest.approx(-12.77, abs=EBU_LU)


def test_the_absolute_gate_leaves_out_what_lies_below_seventy():
    assert loudness_lufs(sines((-69.5, 60), (-71, 60))) == pytest.approx(-69.5, abs=EBU_LU)


@pytest.mark.parametrize("level_dbfs", [-71, -400])
def test_sound_below_the_absolute_gate_has_a_loudness_of_minus_infinity(level_dbfs):
    assert loudness_lufs(sines((level_dbfs, 5))) == -math.inf


def test_a_meter_that_heard_nothing_has_no_powers_and_no_loudness():
    steps = LoudnessMeter(48000, 1).step_powers
    assert (len(steps), integrated_loudness(steps), loudness_range(steps)) == (0, -math.inf, 0.0)


def test_series_of_less_than_one_window_are_empty():
    steps = np.ones(3)
    assert (len(momentary_loudness(steps)), len(short_term_loudness(steps))) == (0, 0)


def test_mono_reads_three_units_less_than_the_same_in_both_channels():
    assert loudness_lufs(sines((-23, 5), channels=1)) == pytest.approx(-26.01, abs=0.02)


def test_channels_of_an_unknown_layout_count_once_each():
    assert loudness_lufs(sines((-23, 2), channels=10)) == pytest.approx(-26.01 + 10, abs=0.02)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
def test_speech_reads_as_in_another_implementation(speech, rate):
    samples = soxr.resample(speech(0.5).audio.samples, 16000, rate)
    expected = pyloudnorm.Meter(rate).integrated_loudness(samples.astype(np.float64))
    assert loudness_lufs(Audio(samples, rate)) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("piece", [977, 4800, 65536])
def test_the_size_of_pieces_does_not_matter(piece):
    audio = Audio(np.random.default_rng(3).normal(0, 0.1, (3 * RATE, 2)), RATE)
    meter = LoudnessMeter(RATE, 2)
    for start in range(0, audio.frames, piece):
        meter.push(audio.samples[start : start + piece])
    assert meter.step_powers == pytest.approx(powers(audio), rel=1e-5)


def test_powers_can_be_read_while_the_stream_goes_on():
    meter = LoudnessMeter(16000, 1)
    heard = []
    for _ in range(4):
        meter.push(np.ones((1000, 1), np.float32))
        heard.append(len(meter.step_powers))
    assert heard == [0, 1, 1, 2]


def test_powers_of_pieces_share_one_gate_when_joined():
    loud, faint = powers(sines((-20, 20))), powers(sines((-40, 20)))
    assert integrated_loudness(np.concatenate([loud, faint])) == pytest.approx(-20, abs=EBU_LU)


@pytest.mark.parametrize("frames", [0, 19199])
def test_less_than_a_gating_block_is_refused(frames):
    with pytest.raises(AudioFileError, match=r"expected at least 0\.4 s") as refusal:
        loudness_lufs(Audio(np.ones((frames, 1), np.float32), RATE))
    assert refusal.value.reason == "too short"


def test_one_gating_block_suffices():
    assert loudness_lufs(sines((-23, 0.4))) == pytest.approx(-23, abs=EBU_LU)
