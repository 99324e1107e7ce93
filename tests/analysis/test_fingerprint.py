"""audiokit.analysis.fingerprint: the same sound is found again, and different sentences are not the same."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from audiokit.analysis.fingerprint import BITS, STEP_S, Print, Twins, find_twins, fingerprint
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read, write
from tests.conftest import SAMPLES_DIR

SENTENCES = sorted((SAMPLES_DIR / "librivox").glob("*.wav"))


@pytest.fixture(scope="module")
def sentences() -> list[Audio]:
    """Five sentences of one reader."""
    return [read(path) for path in SENTENCES]


def the_twins(prints: list[Print], least_alike: float = 0.7) -> list[Twins]:
    return list(find_twins(prints, least_alike=least_alike))


def louder(audio: Audio, folder: Path) -> Audio:
    return Audio(audio.samples * np.float32(3), audio.sample_rate)


def as_mp3(audio: Audio, folder: Path) -> Audio:
    write(folder / "a.mp3", audio)
    return read(folder / "a.mp3")


def later(audio: Audio, folder: Path) -> Audio:
    return audio[0.05:]


def half_a_step_later(audio: Audio, folder: Path) -> Audio:
    return audio[STEP_S / 2 :]


def in_noise(audio: Audio, folder: Path) -> Audio:
    noise = np.random.default_rng(1).standard_normal(audio.samples.shape).astype(np.float32)
    return Audio(audio.samples + noise * np.float32(0.1 * audio.samples.std()), audio.sample_rate)


def all_of_it(audio: Audio, folder: Path) -> Audio:
    return as_mp3(later(louder(audio.resample(24_000), folder), folder), folder)


@pytest.mark.parametrize(
    ("change", "least"),
    [(louder, 0.99), (as_mp3, 0.9), (later, 0.88), (half_a_step_later, 0.88), (in_noise, 0.74), (all_of_it, 0.8)],
)
def test_a_changed_sentence_is_found_again(
    change: Callable[[Audio, Path], Audio], least: float, sentences: list[Audio], tmp_path: Path
) -> None:
    changed = [fingerprint(change(audio, tmp_path)) for audio in sentences]
    found = the_twins([fingerprint(audio) for audio in sentences] + changed)
    assert [(twins.first, twins.second) for twins in found] == [(at, at + 5) for at in range(5)]
    for twins in found:
        assert twins.alike >= least
        assert twins.steps >= 0.95 * len(changed[twins.first])


def test_different_sentences_of_one_voice_share_no_more_than_chance(sentences: list[Audio]) -> None:
    prints = [fingerprint(audio) for audio in sentences]
    assert the_twins(prints, 0.0) == [] or max(twins.alike for twins in the_twins(prints, 0.0)) < 0.6
    for one, other in combinations(prints, 2):
        shared = [_equal(one[shift:], other) for shift in range(0, len(one) - 100, 5)]
        assert max(shared) < 0.6


def _equal(one: Print, other: Print) -> float:
    steps = min(len(one), len(other))
    return 1 - int(np.bitwise_count(one[:steps] ^ other[:steps]).sum()) / (BITS * steps)


def test_a_part_is_found_with_its_length(sentences: list[Audio]) -> None:
    whole, part = fingerprint(sentences[0]), fingerprint(sentences[0][1.0:3.0])
    (twins,) = the_twins([whole, part])
    assert twins.alike > 0.9
    assert twins.steps == pytest.approx(2.0 / STEP_S, abs=3)


def test_one_jingle_in_many_recordings_is_found_in_all(sentences: list[Audio]) -> None:
    jingle = fingerprint(sentences[0])
    chance = np.random.default_rng(1).integers(0, 2**32, (40, 300), np.uint32)
    found = the_twins([*chance[:20], *[jingle] * 20, *chance[20:]])
    assert {place for twins in found for place in (twins.first, twins.second)} == set(range(20, 40))
    assert {twins.alike for twins in found} == {1.0}


def test_thousands_are_compared_by_an_index() -> None:
    prints = list(np.random.default_rng(1).integers(0, 2**32, (3000, 200), np.uint32))
    prints[2000] = prints[100]
    assert [(twins.first, twins.second) for twins in the_twins(prints)] == [(100, 2000)]


def test_silence_is_no_sound_to_share() -> None:
    silence = fingerprint(Audio(np.zeros(48_000, np.float32), 24_000))
    assert the_twins([silence, silence]) == []


def test_nothing_has_no_twins() -> None:
    assert the_twins([]) == []
    assert the_twins([fingerprint(Audio(np.zeros(0, np.float32), 24_000))] * 2) == []
