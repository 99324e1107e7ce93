"""audiokit.analysis.segments: speech, music, noise and silence of known places."""

from __future__ import annotations

import numpy as np
import pytest

from audiokit.analysis.activity import Region
from audiokit.analysis.segments import Segment, region_mask, segments, silence_threshold_dbfs
from audiokit.analysis.spectrum import HOP_S

NOISE_DB, MUSIC_DB = 2.3, 10.0  # tonality


def track(*parts: tuple[float, float]) -> np.ndarray:
    """Levels of parts: (seconds, dBFS)."""
    return np.concatenate([np.full(round(seconds * 100), level, np.float32) for seconds, level in parts])


def tonality(*parts: tuple[float, float]) -> np.ndarray:
    return np.concatenate([np.full(round(seconds / HOP_S), value, np.float32) for seconds, value in parts])


def found(parts: tuple[Segment, ...]) -> list[tuple[str, float, float]]:
    return [(part.kind, part.start_s, part.end_s) for part in parts]


def test_every_kind_has_its_place() -> None:
    levels = track((2, -70), (3, -20), (2, -70), (5, -25), (2, -70), (5, -30), (1, -70))
    tones = tonality((2, 2), (3, 7), (2, 2), (5, MUSIC_DB), (2, 2), (5, NOISE_DB), (1, 2))
    parts = segments(levels, tones, [Region(start_s=2, end_s=5)], 20.0)
    assert found(parts) == [
        ("silence", 0, 2),
        ("speech", 2, 5),
        ("silence", 5, 7),
        ("music", 7, 12),
        ("silence", 12, 14),
        ("noise", 14, 19),
        ("silence", 19, 20),
    ]


def test_short_pauses_belong_to_speech() -> None:
    regions = [Region(start_s=0, end_s=1), Region(start_s=1.4, end_s=3), Region(start_s=4, end_s=5)]
    levels = track((1, -20), (0.4, -70), (1.6, -20), (1, -70), (1, -20))
    assert found(segments(levels, tonality((5, 5)), regions, 5.0)) == [
        ("speech", 0, 3),
        ("silence", 3, 4),
        ("speech", 4, 5),
    ]


def test_a_click_belongs_to_silence() -> None:
    levels = track((2, -20), (1, -70), (0.2, -20), (1, -70))
    parts = segments(levels, tonality((4.2, 2)), [Region(start_s=0, end_s=2)], 4.2)
    assert found(parts) == [("speech", 0, 2), ("silence", 2, 4.2)]


def test_music_that_turns_into_noise_is_divided() -> None:
    parts = segments(track((20, -20)), tonality((10, MUSIC_DB), (10, NOISE_DB)), [], 20.0)
    assert [part.kind for part in parts] == ["music", "noise"]
    assert parts[0].end_s == pytest.approx(10, abs=1.5)


def test_without_a_detector_there_is_only_sound_and_silence() -> None:
    parts = segments(track((1, -80), (2, -20), (1, -80)), tonality((4, MUSIC_DB)), None, 4.0)
    assert found(parts) == [("silence", 0, 1), ("sound", 1, 3), ("silence", 3, 4)]


def test_segments_have_no_gap_and_end_with_the_recording() -> None:
    levels = np.random.default_rng(1).uniform(-80, -10, 3001).astype(np.float32)
    parts = segments(levels, tonality((30.01, 4)), [Region(start_s=3.2, end_s=9.9)], 30.004)
    assert (parts[0].start_s, parts[-1].end_s) == (0, 30.004)
    assert [part.end_s for part in parts[:-1]] == [part.start_s for part in parts[1:]]


@pytest.mark.parametrize(("levels", "expected_dbfs"), [
    (track((1, -20), (9, -75)), -50),
    (track((5, -45)), -60),
    (track((5, -90)), -60),
])  # fmt: skip
def test_silence_lies_30_db_below_what_is_loud(levels: np.ndarray, expected_dbfs: float) -> None:
    assert silence_threshold_dbfs(levels) == pytest.approx(expected_dbfs, abs=0.01)


def test_a_mask_covers_regions_in_windows_of_10_ms() -> None:
    assert np.flatnonzero(region_mask([Region(start_s=0.02, end_s=0.05)], 10)).tolist() == [2, 3, 4]
