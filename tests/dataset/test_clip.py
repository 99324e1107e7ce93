"""audiokit.dataset.clip."""

from __future__ import annotations

import json

import pytest

from audiokit.dataset.clip import Clip
from audiokit.errors import DatasetError
from tests.dataset.rows import a_clip, refused_clip

CLIPS = [
    a_clip(),
    a_clip(text="Hä? \u2028 日本", language="de", confidence=0.5, characters_per_s=14.0, flags=("fast", "odd")),
    a_clip(pitch_hz=None, pitch_low_hz=None, pitch_high_hz=None),
    refused_clip("too short: 1.00 s < 3 s", "forced cut: no pause to cut in"),
]


@pytest.mark.parametrize("clip", CLIPS)
def test_a_clip_survives_json(clip: Clip) -> None:
    assert Clip.from_json(json.loads(json.dumps(clip.to_json()))) == clip


@pytest.mark.parametrize(
    ("change", "odd"), [({"colour": 1}, "colour"), ({"tint": 1, "hue": 2}, "hue, tint")], ids=["one", "two"]
)
def test_unknown_fields_are_named(change: dict[str, int], odd: str) -> None:
    with pytest.raises(DatasetError, match=f"other fields than this version writes: {odd}"):
        Clip.from_json({**a_clip().to_json(), **change})


def test_missing_fields_are_named() -> None:
    data = a_clip().to_json()
    del data["snr_db"], data["flags"]
    with pytest.raises(DatasetError, match="flags, snr_db"):
        Clip.from_json(data)
