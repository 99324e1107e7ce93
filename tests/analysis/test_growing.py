"""Numbers that become more, in one piece of memory."""

from __future__ import annotations

import numpy as np

from audiokit.analysis.growing import Growing


def test_numbers_come_back_in_the_order_they_came() -> None:
    growing = Growing()
    growing.append(np.float32([1, 2]))
    growing.append(np.float32([[3, 4], [5, 6]]))
    growing.append(np.float32([]))
    assert growing.values().tolist() == [1, 2, 3, 4, 5, 6]
    assert growing.values().dtype == np.float32


def test_nothing_at_all_is_an_empty_track() -> None:
    assert Growing().values().shape == (0,)
