from __future__ import annotations

import numpy as np
import pytest

from audiokit.dsp.steps import Ahead, Lately, MovingSum, StepEnergies


def flags(text: str) -> np.ndarray:
    return np.array([letter == "x" for letter in text], np.bool_)


def text(answers: np.ndarray) -> str:
    return "".join(".x"[int(answer)] for answer in answers)


def test_energies_are_summed_over_the_frames_and_channels_of_a_step():
    energies = StepEnergies(0.01, sample_rate=1000, channels=2)
    samples = np.random.default_rng(1).standard_normal((95, 2)).astype(np.float32)
    counted = [energies.push(samples[:33]), energies.push(samples[33:]), energies.flush()]
    squares = np.append(np.square(samples).sum(axis=1), np.zeros(5))
    assert np.concatenate(counted) == pytest.approx(squares.reshape(10, 10).sum(axis=1), rel=1e-5)


def test_a_rate_without_whole_steps_has_steps_of_whole_frames():
    energies = StepEnergies(0.001, sample_rate=11025, channels=1)
    assert (energies.frames, energies.steps_per_s) == (11, 11025 / 11)


def test_full_steps_leave_nothing_behind():
    energies = StepEnergies(0.01, sample_rate=1000, channels=1)
    energies.push(np.ones((20, 1), np.float32))
    assert len(energies.flush()) == 0


@pytest.mark.parametrize("window", [1, 3, 20])
def test_sums_move_along_with_the_stream(window):
    values = np.random.default_rng(2).random(50)
    moving = MovingSum(window)
    sums = np.concatenate([moving.push(piece) for piece in np.split(values, [0, 1, 7, 8, 30])])
    assert sums == pytest.approx(np.convolve(values, np.ones(window))[:50])


def test_silence_after_loud_sound_sums_to_nothing_at_all():
    values = np.append(np.random.default_rng(2).random(50) * 1e6, np.zeros(20))
    assert not np.any(MovingSum(5).push(values)[54:])


@pytest.mark.parametrize("cut", range(12))
def test_what_happened_lately_is_remembered_for_some_steps(cut):
    lately, happened = Lately(3), flags("..x....xx...")
    assert text(np.concatenate([lately.push(happened[:cut]), lately.push(happened[cut:])])) == "..xxx..xxxx."


@pytest.mark.parametrize("cut", range(12))
def test_what_will_happen_soon_is_seen_ahead(cut):
    ahead, happened = Ahead(2, back=1), flags("....x......x")
    answers = [ahead.push(happened[:cut]), ahead.push(happened[cut:]), ahead.flush()]
    assert text(np.concatenate(answers)) == "..xxxx...xxx"


def test_a_stream_shorter_than_the_look_ahead_gets_all_its_answers():
    ahead = Ahead(5)
    assert text(np.concatenate([ahead.push(flags(".x.")), ahead.flush()])) == "xx."
