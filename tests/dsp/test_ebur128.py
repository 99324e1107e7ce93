"""Loudness, its range and true peak against another implementation: FFmpeg's filter ebur128, from PyAV's wheel."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from audiokit.analysis.report import analyze
from audiokit.audio.buffer import Audio
from audiokit.dsp.loudness import LoudnessMeter, loudness_lufs, loudness_range, momentary_loudness, short_term_loudness
from audiokit.dsp.true_peak import true_peak_dbtp

SAMPLES = Path(__file__).parents[2] / "samples"
RECORDINGS = ("podcast/episode 1.mp3", "podcast/episode 2.m4a", "podcast/episode 3.wav", "podcast/extras/bonus.webm")
LU = 0.1
RANGE_LU = 0.2  # its percentiles come from a histogram, ours lie between values; EBU Tech 3342 allows 1
TRUE_PEAK_DB = 0.3


def ebur128(audio: Audio) -> list[dict[str, float]]:
    """Give what the filter says after each 100 ms: M, S, I, LRA and the true peak so far, all in dB."""
    layout = {1: "mono", 2: "stereo"}[audio.channels]
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=audio.sample_rate, format="flt", layout=layout, time_base=Fraction(1, audio.sample_rate)
    )
    meter, sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio.samples.reshape(1, -1)), format="flt", layout=layout)
    frame.sample_rate, frame.time_base, frame.pts = audio.sample_rate, Fraction(1, audio.sample_rate), 0
    source.push(frame)
    source.push(None)
    told = []
    with suppress(av.error.EOFError):
        while True:
            numbers = {name.removeprefix("lavfi.r128."): float(value) for name, value in graph.pull().metadata.items()}
            if numbers:  # none with the rest of less than 100 ms
                told.append({**numbers, "peak": 20 * np.log10(numbers["true_peak"])})
    return told


def noise_in_steps(rate: int, channels: int) -> Audio:
    """Twelve seconds of noise, each second at another level."""
    random = np.random.default_rng(7)
    gains = 10 ** (np.repeat([-30, -18, -24, -40, -20, -12, -26, -33, -15, -22, -28, -17], rate)[:, None] / 20)
    return Audio((random.normal(0, 0.3, (12 * rate, channels)) * gains).astype(np.float32), rate)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_numbers_are_those_of_ffmpeg(rate: int, channels: int) -> None:
    audio = noise_in_steps(rate, channels)
    last = ebur128(audio)[-1]
    meter = LoudnessMeter(rate, channels)
    meter.push(audio.samples)
    assert loudness_lufs(audio) == pytest.approx(last["I"], abs=LU)
    assert loudness_range(meter.step_powers) == pytest.approx(last["LRA"], abs=RANGE_LU)
    assert true_peak_dbtp(audio) == pytest.approx(last["peak"], abs=TRUE_PEAK_DB)


def test_loudness_over_time_is_that_of_ffmpeg() -> None:
    audio = noise_in_steps(48_000, 2)
    told = ebur128(audio)
    meter = LoudnessMeter(48_000, 2)
    meter.push(audio.samples)
    momentary = [each["M"] for each in told][3:]  # the first that look back on 0.4 s of sound
    short_term = [each["S"] for each in told][29:]  # ... and on 3 s
    assert momentary_loudness(meter.step_powers) == pytest.approx(momentary, abs=LU)
    assert short_term_loudness(meter.step_powers) == pytest.approx(short_term, abs=LU)


@pytest.mark.parametrize("recording", RECORDINGS)
def test_reports_of_recordings_say_what_ffmpeg_says(recording: str) -> None:
    audio = Audio.read(SAMPLES / recording)
    last = ebur128(audio)[-1]
    report = analyze(SAMPLES / recording)
    assert report.levels.integrated_lufs == pytest.approx(last["I"], abs=LU)
    assert report.levels.loudness_range_lu == pytest.approx(last["LRA"], abs=RANGE_LU)
    assert report.levels.true_peak_dbtp == pytest.approx(last["peak"], abs=TRUE_PEAK_DB)
