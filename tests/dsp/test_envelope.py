from __future__ import annotations

import math

import numpy as np
import pytest

from audiokit.dsp.envelope import Follower, polygon


def test_a_follower_rises_and_falls_with_its_time_constants():
    follower = Follower(10, 40, start=0.0)
    assert follower.push(np.ones(10))[-1] == pytest.approx(1 - 1 / math.e)
    follower = Follower(10, 40, start=1.0)
    assert follower.push(np.zeros(40))[-1] == pytest.approx(1 / math.e)


def test_a_follower_without_a_time_constant_jumps():
    assert Follower(0, 0, start=0.0).push(np.array([1.0, -2.0, 5.0])).tolist() == [1.0, -2.0, 5.0]


def test_a_follower_remembers_where_it_is():
    targets = np.random.default_rng(1).random(30)
    whole, parts = Follower(3, 7, start=0.5), Follower(3, 7, start=0.5)
    expected = whole.push(targets)
    assert np.array_equal(np.concatenate([parts.push(targets[:11]), parts.push(targets[11:])]), expected)


def test_a_polygon_goes_straight_from_corner_to_corner():
    assert polygon(np.array([0.0, 1.0, 0.5]), 4).tolist() == [0, 0.25, 0.5, 0.75, 1, 0.875, 0.75, 0.625]
