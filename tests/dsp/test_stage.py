"""What holds for every stage, however its input is cut."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.channels import Invert, Pan, SetChannels
from audiokit.dsp.compress import Compress
from audiokit.dsp.dehum import Dehum
from audiokit.dsp.dynamics import Limit
from audiokit.dsp.fades import Fade, FadeIn, FadeOut
from audiokit.dsp.filters import Bandpass, Highpass, Lowpass
from audiokit.dsp.gain import Gain
from audiokit.dsp.gate import Gate
from audiokit.dsp.mix import Join
from audiokit.dsp.quantize import Quantize
from audiokit.dsp.silence import StripSilence
from audiokit.dsp.stage import Chain, Holdback, Stage, run
from audiokit.dsp.stretch import PitchShift, Speed

RATE = 8000

Make = Callable[[int], Stage]
"""Makes a fresh stage for so many channels."""

STAGES: dict[str, Make] = {
    "gain": lambda channels: Gain(-5, channels=channels),
    "fade": lambda channels: Fade(-6, 3, 0.1, 0.7, sample_rate=RATE, channels=channels),
    "fade in": lambda channels: FadeIn(0.3, sample_rate=RATE, channels=channels),
    "fade out": lambda channels: FadeOut(0.3, sample_rate=RATE, channels=channels),
    "channels": lambda channels: SetChannels(1, channels=channels),
    "invert": lambda channels: Invert(channels=channels),
    "quantize": lambda channels: Quantize(8, channels=channels),
    "highpass": lambda channels: Highpass(80, sample_rate=RATE, channels=channels),
    "lowpass": lambda channels: Lowpass(2000, order=3, sample_rate=RATE, channels=channels),
    "bandpass": lambda channels: Bandpass(300, 3400, sample_rate=RATE, channels=channels),
    "dehum": lambda channels: Dehum(60, sample_rate=RATE, channels=channels),
    "compress": lambda channels: Compress(knee_db=6, sample_rate=RATE, channels=channels),
    "gate": lambda channels: Gate(threshold_dbfs=-20, sample_rate=RATE, channels=channels),
    "limit": lambda channels: Limit(-6, sample_rate=RATE, channels=channels),
    "join": lambda channels: Join(0.2, sample_rate=RATE, channels=channels),
    "speed": lambda channels: Speed(1.3, sample_rate=RATE, channels=channels),
    "pitch": lambda channels: PitchShift(-3, sample_rate=RATE, channels=channels),
    "strip": lambda channels: StripSilence(
        min_silence_s=0.2, threshold_dbfs=-20, sample_rate=RATE, channels=channels
    ),
    "strip inner": lambda channels: StripSilence(
        min_silence_s=0.2, threshold_dbfs=-20, keep_silence_s=0.03, inner=True, sample_rate=RATE, channels=channels
    ),
    "chain": lambda channels: Chain(
        [Highpass(80, sample_rate=RATE, channels=channels), FadeOut(0.1, sample_rate=RATE, channels=channels)]
    ),
}  # fmt: skip

CHANGE_LENGTH = {"speed", "strip", "strip inner"}


def bursts(duration_s: float = 3.0, channels: int = 2) -> Samples:
    """Loud and nearly silent stretches of noise, from 50 to 500 ms long."""
    random = np.random.default_rng(11)
    frames = round(duration_s * RATE)
    levels: list[float] = []
    while len(levels) < frames:
        levels += [random.choice([0.002, 0.3])] * int(random.integers(400, 4000))
    return (random.standard_normal((frames, channels)) * np.array(levels)[:frames, np.newaxis]).astype(np.float32)


def pushed(stage: Stage, samples: Samples, cuts: list[int]) -> Samples:
    pieces = np.split(samples, cuts)
    return np.concatenate([*(stage.push(piece) for piece in pieces), stage.flush()])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("make", STAGES.values(), ids=STAGES)
def test_it_does_not_matter_how_the_stream_is_cut(make, seed):
    samples, random = bursts(), np.random.default_rng(seed)
    cuts = np.sort(random.integers(0, len(samples), [0, 5, 60][seed])).tolist()
    whole = run(make(2), Audio(samples, RATE)).samples
    parts = pushed(make(2), samples, cuts)
    assert parts.shape == whole.shape
    assert np.abs(parts - whole).max() < 2e-5


@pytest.mark.parametrize("frames", [0, 1, 2, 100, 5000])
@pytest.mark.parametrize("name", sorted(STAGES.keys() - CHANGE_LENGTH))
def test_the_length_stays(name, frames):
    assert len(pushed(STAGES[name](2), bursts()[:frames], [50])) == frames


@pytest.mark.parametrize("frames", [0, 1, 2])
@pytest.mark.parametrize("name", sorted(CHANGE_LENGTH))
def test_next_to_nothing_passes_stages_that_change_the_length(name, frames):
    assert len(pushed(STAGES[name](1), bursts(channels=1)[:frames], [])) <= frames


@pytest.mark.parametrize("make", STAGES.values(), ids=STAGES)
def test_silence_stays_silent(make):
    assert not np.any(pushed(make(2), np.zeros((RATE, 2), np.float32), [100, 4000]))


@pytest.mark.parametrize("make", STAGES.values(), ids=STAGES)
def test_eight_channels_pass(make):
    assert pushed(make(8), bursts(1.0, 8), [3000]).shape[1] in (1, 8)


@pytest.mark.parametrize("make", STAGES.values(), ids=STAGES)
def test_the_input_is_left_alone(make):
    samples = bursts()
    before = samples.copy()
    pushed(make(2), samples, [3000, 9000])
    assert np.array_equal(samples, before)


@pytest.mark.parametrize("make", STAGES.values(), ids=STAGES)
def test_what_was_pushed_may_be_overwritten(make):
    samples = bursts()
    expected = pushed(make(2), samples, [8000, 16000])
    stage, buffer, pieces = make(2), np.empty((8000, 2), np.float32), []
    for piece in np.split(samples, 3):
        buffer[:] = piece
        pieces.append(stage.push(buffer).copy())
    assert np.abs(np.concatenate([*pieces, stage.flush()]) - expected).max() < 2e-5


@pytest.mark.parametrize("make", STAGES.values(), ids=STAGES)
def test_everything_is_float32(make):
    stage = make(2)
    assert {stage.push(bursts()).dtype, stage.flush().dtype} == {np.dtype(np.float32)}


def test_pan_streams_like_the_others():
    samples = bursts(channels=1)
    whole = run(Pan(0.3, channels=1), Audio(samples, RATE)).samples
    assert np.array_equal(pushed(Pan(0.3, channels=1), samples, [10, 700]), whole)


def test_a_chain_hands_on_what_its_stages_hold_back():
    stages = [FadeOut(0.1, sample_rate=RATE, channels=1), FadeOut(0.2, sample_rate=RATE, channels=1)]
    faded = pushed(Chain(stages), np.ones((4000, 1), np.float32), [1000])[:, 0]
    assert faded[-400] == pytest.approx(0.5 * 0.25)


def test_a_chain_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        Chain([])


def test_the_last_frames_are_held_back():
    last = Holdback(100, channels=1)
    samples = np.arange(250, dtype=np.float32)[:, np.newaxis]
    given = np.concatenate([last.push(piece) for piece in np.split(samples, 5)])
    held = last.take()
    assert 100 <= len(held) < 150
    assert np.array_equal(np.concatenate([given, held]), samples)
