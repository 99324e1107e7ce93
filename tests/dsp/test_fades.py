from __future__ import annotations

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.dsp.fades import fade_edges

ONES = Audio(np.ones((1000, 2), np.float32), 1000)


def test_a_fade_in_rises_along_half_a_cosine():
    faded = fade_edges(ONES, 0.1, 0).samples[:, 0]
    assert faded[[0, 24, 74]] == pytest.approx(0.5 - 0.5 * np.cos(np.pi * np.array([0.5, 24.5, 74.5]) / 100), abs=1e-6)
    assert (np.diff(faded) >= 0).all()
    assert (faded[100:] == 1).all()


def test_a_fade_out_mirrors_a_fade_in():
    assert np.array_equal(fade_edges(ONES, 0, 0.2).samples, fade_edges(ONES, 0.2, 0).samples[::-1])


def test_all_channels_fade_alike():
    faded = fade_edges(ONES, 0.1, 0.1).samples
    assert np.array_equal(faded[:, 0], faded[:, 1])


def test_no_fade_changes_nothing():
    assert np.array_equal(fade_edges(ONES, 0, 0).samples, ONES.samples)


def test_fades_longer_than_the_sound_are_shortened_to_it():
    faded = fade_edges(ONES, 5, 5)
    assert faded.frames == 1000
    assert faded.samples.max() == pytest.approx(0.25, abs=1e-3)  # both halfway, multiplied


def test_nothing_can_be_faded():
    assert fade_edges(Audio(np.empty((0, 1), np.float32), 1000), 0.1, 0.1).frames == 0


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="expected 0 or more"):
        fade_edges(ONES, -0.1, 0)
