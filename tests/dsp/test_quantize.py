from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.quantize import quantize

NOISE = Audio(np.random.default_rng(3).uniform(-0.9, 0.9, (5000, 2)).astype(np.float32), 16000)


@pytest.mark.parametrize("bits", [8, 16, 24])
def test_samples_lie_on_whole_steps_and_no_farther_than_half_a_step_away(bits):
    rounded = quantize(NOISE, bits).samples
    assert np.array_equal(rounded * 2.0 ** (bits - 1), np.rint(rounded * 2.0 ** (bits - 1)))
    assert np.abs(rounded - NOISE.samples).max() <= 0.5 / 2 ** (bits - 1)


def test_32_bits_leave_float32_as_it_is():
    coarser = quantize(NOISE, 24)  # below -48 dBFS float32 is finer than 32 bits
    assert np.array_equal(quantize(coarser, 32).samples, coarser.samples)


def test_integers_of_as_many_bits_come_through_unchanged():
    integers = np.arange(-32768, 32768, dtype=np.int16)
    audio = Audio.from_integers(integers, 16000)
    assert np.array_equal(quantize(audio, 16).samples, audio.samples)


@pytest.mark.parametrize(("bits", "highest"), [(8, 127 / 128), (16, 32767 / 32768), (32, 1 - 2**-24)])
def test_what_lies_outside_full_scale_is_clipped(bits, highest):
    loud = Audio(np.array([[-3.0], [3.0]], np.float32), 16000)
    assert quantize(loud, bits).samples[:, 0].tolist() == [-1.0, highest]


def test_other_widths_are_refused():
    with pytest.raises(ValueError, match="bits is 12"):
        quantize(NOISE, 12)
