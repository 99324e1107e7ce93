"""Measurements as JSON can hold them."""

from __future__ import annotations

import math


def plain(data: object) -> object:
    """Give `data` with None for each number that is not finite (-inf LUFS), and lists for tuples."""
    if isinstance(data, float) and not math.isfinite(data):
        return None
    if isinstance(data, dict):
        return {name: plain(value) for name, value in data.items()}
    return [plain(value) for value in data] if isinstance(data, list | tuple) else data
