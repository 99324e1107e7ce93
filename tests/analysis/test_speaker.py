"""audiokit.analysis.speaker: what embeddings tell about each other."""

from __future__ import annotations

import json

import numpy as np
import pytest

from audiokit.analysis.ge2e import Ge2eEncoder
from audiokit.analysis.speaker import SAME_SPEAKER, centre, cluster, similarity, spread, voices
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read
from audiokit.registry import provider
from tests.conftest import SAMPLES_DIR

EAST, NORTH = np.eye(2, dtype=np.float32)
NEARLY_EAST = np.array([0.95, np.sqrt(1 - 0.95**2)], np.float32)


@pytest.fixture(scope="module")
def utterances() -> list[tuple[str, Audio]]:
    """Every utterance of the first episode with its speaker: a reader, recorded, and a host, synthesized."""
    truth = json.loads((SAMPLES_DIR / "podcast.truth.json").read_text("utf-8"))["files"]["episode 1.mp3"]["speech"]
    episode = read(SAMPLES_DIR / "podcast" / "episode 1.mp3")
    return [(line["speaker"], episode[line["start_s"] : line["end_s"]]) for line in truth]


def test_the_encoder_opens_by_name() -> None:
    assert isinstance(provider("speaker", "ge2e"), Ge2eEncoder)


@pytest.mark.parametrize(("other", "expected"), [(EAST, 1.0), (NEARLY_EAST * 7, 0.95), (NORTH, 0.0), (-EAST, -1.0)])
def test_similarity_is_the_cosine(other: np.ndarray, expected: float) -> None:  # type: ignore[type-arg]
    assert similarity(EAST, other) == pytest.approx(expected, abs=1e-6)


def test_two_speakers_of_a_podcast_are_told_apart(utterances: list[tuple[str, Audio]]) -> None:
    encoder = Ge2eEncoder()
    labels = cluster([encoder.embed(audio) for _, audio in utterances])
    found = {(speaker, label) for (speaker, _), label in zip(utterances, labels.tolist(), strict=True)}
    assert len(found) == 2
    assert {speaker for speaker, _ in found} == {"reader", "host"}
    assert {label for _, label in found} == {0, 1}


def test_the_same_speaker_is_known_again(utterances: list[tuple[str, Audio]]) -> None:
    encoder = Ge2eEncoder()
    first, *_, last = [encoder.embed(audio) for speaker, audio in utterances if speaker == "reader"]
    host = next(encoder.embed(audio) for speaker, audio in utterances if speaker == "host")
    assert similarity(first, last) >= SAME_SPEAKER > similarity(first, host)


def test_groups_are_numbered_by_size() -> None:
    assert cluster([NORTH, EAST, NEARLY_EAST, EAST]).tolist() == [1, 0, 0, 0]


def test_a_chain_of_likenesses_is_no_group() -> None:
    fan = [np.array([np.cos(angle), np.sin(angle)], np.float32) for angle in np.radians([0, 35, 70, 105])]
    assert len(set(cluster(fan, 0.8).tolist())) > 1


@pytest.mark.parametrize(("count", "labels"), [(0, []), (1, [0])])
def test_few_recordings_make_few_groups(count: int, labels: list[int]) -> None:
    assert cluster(np.tile(EAST, (count, 1))).tolist() == labels


def test_spread_names_the_one_that_is_least_alike() -> None:
    found = spread([EAST, EAST, EAST, NEARLY_EAST])
    assert found is not None
    assert found.lowest == pytest.approx(0.95, abs=1e-5)
    assert found.median > 0.98


def test_one_recording_has_no_spread() -> None:
    assert spread([EAST]) is None


def test_the_centre_leans_to_what_weighs_more() -> None:
    assert similarity(centre([EAST, NORTH], [3, 1]), EAST) == pytest.approx(3 / np.sqrt(10), abs=1e-6)
    assert np.linalg.norm(centre([EAST, NORTH])) == pytest.approx(1, abs=1e-6)


def at_angle(degrees: float) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def test_groups_whose_means_are_alike_are_one_voice() -> None:
    # 42 degrees apart is a cosine of 0.74: two groups at a threshold of 0.9, but no two voices.
    rows = [at_angle(angle) for angle in (0, 1, 42, 43)]
    assert cluster(rows, 0.9).tolist() == [0, 0, 1, 1]
    assert voices(rows, 0.9).tolist() == [0, 0, 0, 0]


def test_voices_are_numbered_by_size() -> None:
    assert voices([at_angle(angle) for angle in (90, 0, 1, 91, 2)]).tolist() == [1, 0, 0, 1, 0]
    assert voices(np.zeros((0, 2), np.float32)).tolist() == []
