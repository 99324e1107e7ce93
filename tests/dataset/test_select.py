"""audiokit.dataset.select."""

from __future__ import annotations

import random

import pytest

from audiokit.dataset.clip import Clip
from audiokit.dataset.select import select
from tests.dataset.rows import a_clip, refused_clip


def clips(source: str, *qualities: float, duration_s: float = 6.0) -> list[Clip]:
    return [
        a_clip(id=f"{source}-{at}", source_sha256=source, quality=quality, duration_s=duration_s)
        for at, quality in enumerate(qualities)
    ]


def kept(chosen: list[Clip]) -> list[str]:
    return [clip.id for clip in chosen if clip.kept]


def test_without_a_target_everything_stays() -> None:
    given = [*clips("a", 0.9, 0.2), refused_clip("noise: SNR 3.0 dB < 15 dB")]
    assert select(given, None) == given


def test_more_wanted_than_there_is_keeps_everything() -> None:
    given = clips("a", 0.9, 0.2)
    assert select(given, 60) == given


def test_the_best_of_one_recording_are_kept_in_place() -> None:
    assert kept(select(clips("a", 0.3, 0.9, 0.5, 0.8), 0.2)) == ["a-1", "a-3"]


def test_no_clip_is_taken_beyond_the_target() -> None:
    chosen = select(clips("a", *[0.5] * 50), 2.05)
    seconds = sum(clip.duration_s for clip in chosen if clip.kept)
    assert 60 * 2.05 <= seconds < 60 * 2.05 + 6


def test_a_clip_that_is_not_needed_says_so_and_has_no_file() -> None:
    spare = select(clips("a", 0.9, 0.2), 0.1)[1]
    assert (spare.kept, spare.path, spare.sha256) == (False, None, None)
    assert spare.refused_because == ("not needed: 0.1 minutes of better clips are kept",)


def test_a_refused_clip_keeps_its_own_reason_and_is_not_counted() -> None:
    bad = refused_clip("noise: SNR 3.0 dB < 15 dB", quality=1.0, id="bad", duration_s=600.0)
    chosen = select([bad, *clips("a", 0.5)], 0.1)
    assert chosen[0] is bad
    assert kept(chosen) == ["a-0"]


def test_recordings_of_equal_quality_share_the_minutes() -> None:
    chosen = kept(select([*clips("a", *[0.8] * 20), *clips("b", *[0.8] * 20), *clips("c", *[0.8] * 20)], 3))
    assert [sum(name.startswith(source) for name in chosen) for source in "abc"] == [10, 10, 10]


def test_a_recording_less_than_half_as_good_gives_nothing() -> None:
    assert all(name.startswith("a") for name in kept(select([*clips("a", *[0.9] * 20), *clips("b", *[0.44] * 20)], 2)))


def test_a_slightly_worse_recording_gives_some() -> None:
    chosen = kept(select([*clips("a", *[0.9] * 20), *clips("b", *[0.8] * 20)], 2))
    assert 0 < sum(name.startswith("b") for name in chosen) < sum(name.startswith("a") for name in chosen)


@pytest.mark.parametrize("seed", range(5))
def test_the_choice_does_not_depend_on_the_order_given(seed: int) -> None:
    rng = random.Random(seed)
    given = [clip for source in "abc" for clip in clips(source, *(rng.choice((0.5, 0.6, 0.7)) for _ in range(10)))]
    shuffled = rng.sample(given, len(given))
    assert sorted(kept(select(given, 1))) == sorted(kept(select(shuffled, 1)))
    assert [clip.id for clip in select(shuffled, 1)] == [clip.id for clip in shuffled]


def test_nothing_to_choose_from_gives_nothing() -> None:
    assert select([], 1) == []
