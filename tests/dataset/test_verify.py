"""audiokit.dataset.verify: every way a file can differ from its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audiokit.audio.buffer import Audio
from audiokit.audio.files import read, write
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.verify import verify
from tests.dataset.small import small_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return small_dataset(tmp_path / "talks")


def shortened(path: Path) -> None:
    audio = read(path)
    write(path, Audio(audio.samples[:-1], audio.sample_rate))


def doubled(path: Path) -> None:
    audio = read(path)
    write(path, Audio(audio.samples.repeat(2, axis=1), audio.sample_rate))


def touched_up(path: Path) -> None:
    audio = read(path)
    write(path, Audio(audio.samples * 0.9, audio.sample_rate))


def test_a_whole_dataset_has_no_problems(dataset: Dataset) -> None:
    assert verify(dataset) == []


@pytest.mark.parametrize("format", ["wav", "flac"])
def test_both_formats_of_clips_are_known(tmp_path: Path, format: str) -> None:
    assert verify(small_dataset(tmp_path / format, format=format)) == []


@pytest.mark.parametrize(
    ("harm", "faults", "message"),
    [
        (Path.unlink, ["missing"], "the file is not there"),
        (touched_up, ["changed"], "its SHA-256 begins with"),
        (lambda path: path.write_bytes(b"no sound"), ["changed", "unreadable"], "0880.wav"),
        (shortened, ["changed", "duration"], "s; expected 2.990 s."),
        (doubled, ["changed", "format"], "it is wav, 22050 Hz, 2 channels; expected wav, 22050 Hz, 1 channel."),
    ],
)
def test_harm_is_found(dataset: Dataset, harm: Callable[[Path], None], faults: list[str], message: str) -> None:
    clip = dataset.kept[1]
    harm(dataset.path(clip))
    problems = verify(dataset)
    assert [problem.fault for problem in problems] == faults
    assert {problem.path for problem in problems} == {clip.path}
    assert message in problems[-1].message


def test_a_file_without_a_line_is_found(dataset: Dataset) -> None:
    (dataset.root / "clips" / "stray.wav").write_bytes(b"")
    (problem,) = verify(dataset)
    assert (problem.fault, problem.path) == ("unknown", "clips/stray.wav")


def test_progress_is_told_in_seconds(dataset: Dataset) -> None:
    told: list[tuple[str, float, float]] = []
    verify(dataset, progress=lambda *facts: told.append(facts))
    assert len(told) == len(dataset)
    assert told[-1][1] == pytest.approx(told[-1][2])
