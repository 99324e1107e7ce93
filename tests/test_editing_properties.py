"""What holds for every operation on an `Audio`, whatever the sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiokit.audio.buffer import Audio
from audiokit.audio.resample import resample
from audiokit.dsp.channels import invert_phase, join_channels, pan, set_channels, split_to_mono
from audiokit.dsp.compress import compress
from audiokit.dsp.dehum import dehum
from audiokit.dsp.dynamics import limit
from audiokit.dsp.fades import fade, fade_edges, fade_in, fade_out
from audiokit.dsp.filters import bandpass, highpass, lowpass
from audiokit.dsp.gain import amplify, normalize_loudness, normalize_peak, normalize_rms
from audiokit.dsp.gate import gate
from audiokit.dsp.mix import append, overlay, reverse
from audiokit.dsp.quantize import quantize
from audiokit.dsp.silence import detect_nonsilent, detect_silence, split_on_silence, strip_silence
from audiokit.dsp.stretch import pitch_shift, time_stretch

FEW = settings(max_examples=15, deadline=None, derandomize=True, database=None)
LONGEST = 6000
CLICK = Audio(np.array([[0.5], [-0.5]], np.float32), 8000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something done to a sound, and what it says of the length."""

    act: Callable[[Audio], Audio]
    frames: Callable[[int], int] = int
    """How many frames it promises for so many; as many unless it says so."""
    least: int = 0
    """It needs so many frames."""


KEEPS_LENGTH = {
    "+ dB": lambda audio: audio + 3.0,
    "- dB": lambda audio: audio - 3,
    "mono": lambda audio: audio.mono(),
    "loudest mono": lambda audio: audio.mono("louder"),
    "amplify": lambda audio: amplify(audio, -6.0),
    "normalize_peak": normalize_peak,
    "normalize_rms": normalize_rms,
    "limit": lambda audio: limit(audio, -12.0),
    "compress": compress,
    "gate": gate,
    "highpass": lambda audio: highpass(audio, 80.0),
    "lowpass": lambda audio: lowpass(audio, 2000.0),
    "bandpass": lambda audio: bandpass(audio, 300.0, 3000.0),
    "dehum": dehum,
    "fade_edges": lambda audio: fade_edges(audio, 0.1, 0.2),
    "fade_in": lambda audio: fade_in(audio, 0.1),
    "fade_out": lambda audio: fade_out(audio, 0.1),
    "fade": lambda audio: fade(audio, to_db=-20.0, start_s=0.05, end_s=0.1),
    "reverse": reverse,
    "invert_phase": invert_phase,
    "pan": lambda audio: pan(set_channels(audio.mono(), 2), -0.4),
    "set_channels": lambda audio: set_channels(audio.mono(), 3),
    "quantize": lambda audio: quantize(audio, 16),
    "overlay": lambda audio: overlay(audio, set_channels(CLICK, audio.channels), position_s=0.01, loop=True),
    "overlay as second": lambda audio: overlay(append(audio), reverse(audio), gain_during_overlay_db=-3.0),
    "pitch_shift": lambda audio: pitch_shift(audio, 3.0),
    "to pydub and back": lambda audio: Audio.from_pydub(audio.to_pydub(24)),
    "to librosa and back": lambda audio: Audio.from_librosa(*audio.to_librosa()),
}

OPERATIONS = {name: Operation(act=act) for name, act in KEEPS_LENGTH.items()} | {
    "normalize_loudness": Operation(act=normalize_loudness, least=3200),
    "* 3": Operation(act=lambda audio: audio * 3, frames=lambda frames: 3 * frames),
    "+ itself": Operation(act=lambda audio: audio + audio, frames=lambda frames: 2 * frames),
    "append": Operation(
        act=lambda audio: append(audio, audio, crossfade_s=0.01), frames=lambda frames: 2 * frames - 80, least=80
    ),
    "slice": Operation(act=lambda audio: audio[0.01:], frames=lambda frames: max(0, frames - 80)),
    "resample": Operation(act=lambda audio: resample(audio, 12000), frames=lambda frames: round(frames * 1.5)),
    "time_stretch": Operation(act=lambda audio: time_stretch(audio, 1.1), frames=lambda frames: round(frames / 1.1)),
}

LOSES_SILENCE = {
    "strip_silence": strip_silence,
    "split_on_silence": lambda audio: sum(split_on_silence(audio, min_silence_s=0.1), Audio(audio.samples[:0], 8000)),
}


@st.composite
def sounds(draw: st.DrawFn, least: int = 0) -> Audio:
    """Draw noise at 8 kHz, 1 to 3 channels, between silence and far above full scale, with a pause somewhere."""
    frames, channels = draw(st.integers(least, LONGEST)), draw(st.integers(1, 3))
    noise = np.random.default_rng(draw(st.integers(0, 2**32))).normal(0, 1, (frames, channels))
    pause = draw(st.integers(0, frames))
    noise[pause : pause + draw(st.integers(0, 4000))] = 0
    return Audio((noise * draw(st.sampled_from([0.0, 1e-4, 0.1, 3.0]))).astype(np.float32), 8000)


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_length_is_what_the_operation_says(name):
    operation = OPERATIONS[name]

    @FEW
    @given(sounds(operation.least))
    def holds(audio: Audio) -> None:
        assert operation.act(audio).frames == operation.frames(audio.frames)

    holds()


@pytest.mark.parametrize("name", LOSES_SILENCE)
def test_taking_silence_out_never_adds(name):
    @FEW
    @given(sounds())
    def holds(audio: Audio) -> None:
        assert LOSES_SILENCE[name](audio).frames <= audio.frames

    holds()


@pytest.mark.parametrize("name", [*OPERATIONS, *LOSES_SILENCE])
def test_the_input_stays_as_it_was(name):
    act = OPERATIONS[name].act if name in OPERATIONS else LOSES_SILENCE[name]

    @FEW
    @given(sounds(LONGEST))
    def holds(audio: Audio) -> None:
        writable = audio.to_numpy()  # Audio itself is read-only; what it was made of need not be
        act(Audio(writable, 8000))
        assert np.array_equal(writable, audio.samples)

    holds()


@pytest.mark.parametrize("name", [*OPERATIONS, *LOSES_SILENCE])
def test_float64_in_gives_float32_out(name):
    act = OPERATIONS[name].act if name in OPERATIONS else LOSES_SILENCE[name]

    @FEW
    @given(sounds(LONGEST))
    def holds(audio: Audio) -> None:
        result = act(Audio(audio.samples.astype(np.float64), 8000))
        assert result.samples.dtype == np.float32
        assert np.array_equal(result.samples, act(audio).samples)

    holds()


@settings(FEW, max_examples=100)
@given(sounds(), st.lists(st.floats(0, 1), max_size=5))
def test_slices_joined_are_the_sound_again(audio, places):
    cuts_s = [0.0, *sorted(place * audio.duration_s for place in places), None]
    pieces = [audio[start_s:end_s] for start_s, end_s in pairwise(cuts_s)]
    assert np.array_equal(sum(pieces).samples, audio.samples)
    assert np.array_equal(append(*pieces).samples, audio.samples)


@settings(FEW, max_examples=100)
@given(sounds(1), st.floats(0, 1))
def test_a_slice_from_the_end_is_what_a_slice_from_the_start_leaves(audio, place):
    tail_s = max(1, round(place * audio.frames)) / 8000
    assert np.array_equal((audio[:-tail_s] + audio[-tail_s:]).samples, audio.samples)


@settings(FEW, max_examples=100)
@given(sounds(), st.floats(-90, 90))
def test_gain_up_and_down_is_identity(audio, gain_db):
    back = (audio + gain_db) - gain_db
    assert np.allclose(back.samples, audio.samples, rtol=1e-6, atol=0)


@FEW
@given(sounds())
def test_gain_by_operator_is_amplify(audio):
    assert np.array_equal((audio + 4.5).samples, amplify(audio, 4.5).samples)


@pytest.mark.parametrize("act", [reverse, invert_phase], ids=["reverse", "invert_phase"])
def test_what_turns_back_at_the_second_time(act):
    @FEW
    @given(sounds())
    def holds(audio: Audio) -> None:
        assert np.array_equal(act(act(audio)).samples, audio.samples)

    holds()


@FEW
@given(sounds())
def test_channels_taken_apart_and_joined_are_the_sound_again(audio):
    assert np.array_equal(join_channels(split_to_mono(audio)).samples, audio.samples)


@FEW
@given(sounds(), st.sampled_from([8, 16, 24]))
def test_quantizing_twice_is_quantizing_once(audio, bits):
    once = quantize(audio, bits)
    assert np.array_equal(quantize(once, bits).samples, once.samples)


@FEW
@given(sounds(), st.sampled_from([8, 16, 24]))
def test_pydub_is_given_what_quantizing_gives(audio, bits):
    assert np.array_equal(Audio.from_pydub(audio.to_pydub(bits)).samples, quantize(audio, bits).samples)


@FEW
@given(sounds())
def test_silence_and_sound_fill_the_whole_and_nothing_twice(audio):
    silent, sounding = (detect(audio, min_silence_s=0.1) for detect in (detect_silence, detect_nonsilent))
    edges = sorted(silent + sounding)
    assert sum(end - start for start, end in edges) == pytest.approx(audio.duration_s, abs=1e-9)
    assert all(before[1] == pytest.approx(after[0]) for before, after in pairwise(edges))
