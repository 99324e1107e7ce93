"""audiokit.dataset.exports.split: who is trained with, and who validated."""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence

import pytest

from audiokit.dataset.clip import Clip
from audiokit.dataset.exports.split import Parts, split
from audiokit.errors import DatasetError
from tests.dataset.rows import a_clip


def clips_of(*recordings: int, duration_s: float = 5.0) -> list[Clip]:
    """So many clips of each recording, the recordings taking turns in the list."""
    places = [(index, turn) for index, count in enumerate(recordings) for turn in range(count)]
    return [
        a_clip(id=f"{index}-{turn}", source_sha256=f"recording {index}", start_s=10.0 * turn, duration_s=duration_s)
        for index, turn in sorted(places, key=lambda place: place[1])
    ]


def seconds(clips: Sequence[Clip]) -> float:
    return sum(clip.duration_s for clip in clips)


def recordings_in(clips: Sequence[Clip]) -> set[str]:
    return {clip.source_sha256 for clip in clips}


def ids(parts: Parts) -> dict[str, list[str]]:
    return {name: [clip.id for clip in clips] for name, clips in parts.items()}


@pytest.mark.parametrize("shares", [(0.95, 0.05), (0.8, 0.1, 0.1), (1.0,), (9, 1)])
def test_no_recording_is_in_two_parts_and_no_clip_is_lost(shares: tuple[float, ...]) -> None:
    chance = random.Random(3)
    clips = clips_of(*(chance.randint(1, 9) for _ in range(30)))
    parts = split(clips, shares)
    assert list(parts) == ["train", "validation", "test"][: len(shares)]
    assert sorted(clip.id for part in parts.values() for clip in part) == sorted(clip.id for clip in clips)
    names = [recordings_in(part) for part in parts.values()]
    assert sum(map(len, names)) == len(set().union(*names)) == 30


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_come_close_to_the_shares(seed: int) -> None:
    chance = random.Random(seed)
    clips = clips_of(*(chance.randint(5, 60) for _ in range(20)))
    parts = split(clips, (0.95, 0.05), seed=seed)
    assert seconds(parts["validation"]) / seconds(clips) == pytest.approx(0.05, abs=0.015)


def test_a_seed_decides_and_another_one_decides_otherwise() -> None:
    clips = clips_of(*[3] * 12)
    assert ids(split(clips, (0.75, 0.25), seed=1)) == ids(split(clips, (0.75, 0.25), seed=1))
    assert ids(split(clips, (0.75, 0.25), seed=1)) != ids(split(clips, (0.75, 0.25), seed=2))


def test_the_order_of_the_clips_does_not_decide_and_is_kept() -> None:
    clips = clips_of(2, 3, 4, 5)
    parts, mirrored = split(clips, (0.7, 0.3)), split(clips[::-1], (0.7, 0.3))
    assert {name: part[::-1] for name, part in mirrored.items()} == dict(parts)


def test_the_same_content_under_two_names_is_one_recording() -> None:
    clips = [a_clip(id=f"{name}-{turn}", source=name) for name in ("talk.wav", "copy.wav") for turn in range(3)]
    clips += [a_clip(id=f"other-{turn}", source_sha256="other") for turn in range(2)]
    parts = split(clips, (0.75, 0.25))
    assert ids(parts)["validation"] == ["other-0", "other-1"]


def test_every_part_gets_a_recording_even_when_there_are_few(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        parts = split(clips_of(4, 4, 4), (0.98, 0.01, 0.01))
    assert [len(part) for part in parts.values()] == [4, 4, 4]
    assert caplog.messages == [
        "whole recordings cannot be dealt closer to the shares than: train 33%, validation 33%, test 33%"
    ]


def test_one_recording_is_cut_in_time(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        parts = split(clips_of(20)[::-1], (0.8, 0.1, 0.1))
    starts = [[clip.start_s for clip in part] for part in parts.values()]
    assert [len(part) for part in starts] == [16, 2, 2]
    assert max(starts[0]) < min(starts[1]) < max(starts[1]) < min(starts[2])
    assert caplog.messages == ["fewer recordings than parts: each part is a stretch of time of its own instead"]
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        split(clips_of(2), (0.8, 0.2))
    assert caplog.messages[1:] == ["whole clips cannot be dealt closer to the shares than: train 50%, validation 50%"]


@pytest.mark.parametrize(
    ("count", "shares", "expected"),
    [(2, (0.95, 0.05), [1, 1]), (3, (0.98, 0.01, 0.01), [1, 1, 1]), (3, (0.01, 0.01, 0.98), [1, 1, 1])],
)
def test_each_part_gets_a_clip_while_there_are_enough(
    count: int, shares: tuple[float, ...], expected: list[int]
) -> None:
    assert [len(part) for part in split(clips_of(count), shares).values()] == expected


def test_too_few_clips_are_refused() -> None:
    with pytest.raises(DatasetError, match="1 clips for 2 parts; expected one each"):
        split(clips_of(1), (0.9, 0.1))


@pytest.mark.parametrize("shares", [(), (1, 0), (1, -1), (1, 1, 1, 1)])
def test_shares_that_cannot_be_meant_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="expected one to three positive numbers"):
        split(clips_of(5), shares)
