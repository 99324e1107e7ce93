"""audiokit.analysis.plain: what is no number in JSON is null there, however deep it lies."""

from __future__ import annotations

import json
import math

from audiokit.analysis.plain import plain


def test_what_json_has_no_number_for_is_none() -> None:
    measured = {"lufs": -math.inf, "parts": (1.5, [math.nan, 2], {"peak": math.inf}), "name": "a", "is_whole": True}
    expected = {"lufs": None, "parts": [1.5, [None, 2], {"peak": None}], "name": "a", "is_whole": True}
    assert plain(measured) == json.loads(json.dumps(plain(measured), allow_nan=False)) == expected
