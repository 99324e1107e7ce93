"""What a person decided survives every later `prep` (audiokit.dataset.prepare with reviews and report)."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit.api import prep
from audiokit.dataset.clip import Clip
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.review import reviewing
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.verify import verify
from audiokit.errors import DatasetError
from tests.dataset.folders import fingerprint

pytestmark = [pytest.mark.process, pytest.mark.model]

LOUDER = PrepSettings(loudness_lufs=-16)


@pytest.fixture
def dataset(recording: Path, tmp_path: Path) -> Dataset:
    return prep(recording, tmp_path / "out", jobs=1)


def decide(dataset: Dataset) -> tuple[Clip, Clip]:
    """Refuse the first clip and correct the second one's text."""
    refused, corrected = dataset.kept[:2]
    with reviewing(dataset.root) as session:
        session.decide(refused.id, "refuse", None)
        session.decide(corrected.id, "", "What was really said.")
    return refused, corrected


def told(dataset: Dataset, clip: Clip) -> tuple[bool, str]:
    (found,) = (other for other in dataset.clips if other.id == clip.id)
    return found.kept, found.text


def test_the_same_prep_again_changes_no_byte(dataset: Dataset, recording: Path) -> None:
    decide(dataset)
    before = fingerprint(dataset.root)
    prep(recording, dataset.root, jobs=1)
    assert fingerprint(dataset.root) == before


def test_another_loudness_keeps_the_decisions_with_the_new_sound(dataset: Dataset, recording: Path) -> None:
    refused, corrected = decide(dataset)
    louder = prep(recording, dataset.root, LOUDER, jobs=1)
    assert told(louder, refused) == (False, "")
    assert told(louder, corrected) == (True, "What was really said.")
    assert verify(louder) == []
    with reviewing(dataset.root) as session:
        session.decide(refused.id, "", None)
        session.decide(corrected.id, "", None)
    prep(recording, dataset.root.parent / "fresh" / "out", LOUDER, jobs=1)
    assert fingerprint(dataset.root) == fingerprint(dataset.root.parent / "fresh" / "out")


def test_clips_that_are_cut_otherwise_wait_for_the_same_cut(dataset: Dataset, recording: Path) -> None:
    refused, corrected = decide(dataset)
    decisions = (dataset.root / "reviews.jsonl").read_bytes()
    other = prep(recording, dataset.root, PrepSettings(min_s=0.5, max_s=3), jobs=1)
    assert "by hand" not in other.totals["refused"]
    assert (dataset.root / "reviews.jsonl").read_bytes() == decisions
    again = prep(recording, dataset.root, jobs=1)
    assert told(again, refused) == (False, "")
    assert told(again, corrected) == (True, "What was really said.")
    assert verify(again) == []


def test_the_wanted_minutes_are_filled_without_what_was_refused(dataset: Dataset, recording: Path) -> None:
    best = max(dataset.kept, key=lambda clip: clip.quality)
    with reviewing(dataset.root) as session:
        session.decide(best.id, "refuse", None)
    few = prep(recording, dataset.root, PrepSettings(target_minutes=0.01), jobs=1)
    assert len(few) == 1
    assert few.kept[0].id != best.id


def test_a_line_taken_out_by_hand_brings_the_clip_back(dataset: Dataset, recording: Path) -> None:
    before = fingerprint(dataset.root)
    decide(dataset)
    (dataset.root / "reviews.jsonl").unlink()
    prep(recording, dataset.root, jobs=1)
    assert {name: value for name, value in fingerprint(dataset.root).items() if value != before.get(name)} == {}


def test_a_damaged_file_of_decisions_stops_prep_before_anything_changes(dataset: Dataset, recording: Path) -> None:
    (dataset.root / "reviews.jsonl").write_text("{\n")
    before = fingerprint(dataset.root)
    with pytest.raises(DatasetError, match=r"reviews.jsonl, line 1"):
        prep(recording, dataset.root, LOUDER, jobs=1)
    assert fingerprint(dataset.root) == before
    assert Dataset.open(dataset.root).settings == PrepSettings()


def test_prep_writes_the_report(dataset: Dataset) -> None:
    page = (dataset.root / "report.html").read_text("utf-8")
    assert all(f'src="{clip.path}"' in page for clip in dataset.kept)
