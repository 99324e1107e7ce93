"""audiokit.dataset.at_hand: a dataset for whoever needs clips."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from audiokit.audio.files import write
from audiokit.dataset.at_hand import at_hand, named
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.settings import PrepSettings
from audiokit.dsp.generate import silence
from audiokit.errors import AudioFileError, DatasetError
from tests.conftest import SAMPLES_DIR

READER = sorted((SAMPLES_DIR / "librivox").glob("*.wav"))[:2]
SETTINGS = PrepSettings(min_s=1.5, keep_forced_cuts=True)


@pytest.mark.model
@pytest.mark.process
def test_recordings_are_prepared_for_the_moment() -> None:
    with at_hand([str(path) for path in READER], SETTINGS) as dataset:
        root = dataset.root
        assert len(dataset.kept) == 2
        assert dataset.path(dataset.kept[0]).exists()
    assert not root.exists()


@pytest.mark.model
@pytest.mark.process
def test_a_dataset_is_opened_and_stays(tmp_path: Path) -> None:
    with at_hand(READER[0], SETTINGS) as made:
        kept = made.root.rename(tmp_path / "dataset")
    for given in (kept, str(kept), Dataset.open(kept)):
        with at_hand(given, PrepSettings()) as dataset:
            assert dataset.settings == SETTINGS
    assert (kept / "manifest.jsonl").exists()


def test_a_recording_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError), at_hand(tmp_path / "nowhere.wav", SETTINGS):
        pytest.fail("there is nothing at hand")


@pytest.mark.model
@pytest.mark.process
def test_recordings_of_which_all_is_refused_are_for_the_caller_to_judge() -> None:
    with at_hand(READER[0], replace(SETTINGS, min_snr_db=99.0)) as dataset:
        assert len(dataset) == 0
        assert [clip.refused_because[0].partition(":")[0] for clip in dataset.clips] == ["noise"]


@pytest.mark.model
@pytest.mark.process
def test_recordings_without_speech_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "silence.wav", silence(5.0, sample_rate=16_000))
    with pytest.raises(DatasetError, match="nothing usable"), at_hand(tmp_path / "silence.wav", SETTINGS):
        pytest.fail("there is nothing at hand")


def test_sources_are_named_as_they_were_given(tmp_path: Path) -> None:
    assert named("a.wav") == "a.wav"
    assert named(["a.wav", Path("b") / "c.wav"]) == f"a.wav, {Path('b') / 'c.wav'}"
    assert named(Dataset(root=tmp_path, settings=SETTINGS, sources=(), clips=())) == str(tmp_path)
