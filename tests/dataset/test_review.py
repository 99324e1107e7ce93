"""audiokit.dataset.review: deciding about clips, on real files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.review import LONGEST_TEXT, ReviewSession, recounted, reviewing
from audiokit.dataset.verify import verify
from audiokit.dataset.write import write_dataset
from audiokit.errors import DatasetError, UsageError
from tests.dataset.folders import fingerprint
from tests.dataset.rows import a_clip, a_source, refused_clip
from tests.dataset.small import small_dataset

FIRST = "0870"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A dataset as `prep` leaves it."""
    dataset = small_dataset(tmp_path / "talks", flags=("confidence: 0.40 < 0.5",), confidence=0.4)
    write_dataset(Layout(dataset.root), dataset.settings, recounted(dataset.sources, dataset.clips), dataset.clips)
    return dataset.root


@pytest.fixture
def session(root: Path) -> Iterator[ReviewSession]:
    with reviewing(root) as opened:
        yield opened


def clip_of(root: Path, clip_id: str = FIRST) -> object:
    return next(clip for clip in Dataset.open(root).clips if clip.id == clip_id)


def row_of(session: ReviewSession, clip_id: str = FIRST) -> dict[str, object]:
    return next(row for row in session.rows() if row["id"] == clip_id)


def test_only_clips_with_sound_are_reviewed(session: ReviewSession) -> None:
    assert [row["id"] for row in session.rows()] == ["0870", "0880", "0890", "0920", "0930"]
    assert session.sound("talk-refused") is None
    assert session.sound("../../etc/passwd") is None


def test_a_refused_clip_leaves_the_dataset_at_once(session: ReviewSession, root: Path) -> None:
    session.decide(FIRST, "refuse", None)
    dataset = Dataset.open(root)
    assert FIRST not in [clip.id for clip in dataset.kept]
    assert dataset.totals["refused"]["by hand"]["clips"] == 1
    assert [source.kept for source in dataset.sources if source.id == FIRST] == [0]
    assert f"{FIRST}|" not in (root / "metadata.csv").read_text()
    assert not (root / "clips" / f"{FIRST}.wav").exists()
    assert verify(dataset) == []


def test_it_can_still_be_heard(session: ReviewSession) -> None:
    before = session.sound(FIRST)
    assert before is not None
    data = before.read_bytes()
    session.decide(FIRST, "refuse", None)
    after = session.sound(FIRST)
    assert after is not None
    assert after != before
    assert after.read_bytes() == data


@pytest.mark.parametrize("other_session", [False, True])
def test_taking_everything_back_leaves_every_byte_as_it_was(root: Path, other_session: bool) -> None:
    before = fingerprint(root)
    with reviewing(root) as session:
        session.decide(FIRST, "refuse", None)
        session.decide(FIRST, "refuse", "Other words.")
        session.decide("0880", "keep", "These words.")
        if not other_session:
            session.decide(FIRST, "", None)
            session.decide("0880", "", None)
    if other_session:
        with reviewing(root) as session:
            session.decide(FIRST, "", None)
            session.decide("0880", "", None)
    assert fingerprint(root) == before


def test_a_corrected_text_is_in_manifest_and_metadata(session: ReviewSession, root: Path) -> None:
    row = session.decide(FIRST, "", "  He might \n even so. ")
    assert (row["text"], row["corrected"], row["flags"], row["verdict"]) == ("He might even so.", True, (), "")
    assert clip_of(root).text == "He might even so."  # type: ignore[attr-defined]
    assert clip_of(root).confidence is None  # type: ignore[attr-defined]
    assert f"{FIRST}|He might even so.|" in (root / "metadata.csv").read_text()


def test_the_recognizers_own_text_is_no_correction(session: ReviewSession, root: Path) -> None:
    text = str(row_of(session)["text"])
    session.decide(FIRST, "", "Other words.")
    assert session.decide(FIRST, "", text)["corrected"] is False
    assert not (root / "reviews.jsonl").exists()


def test_a_verdict_does_not_forget_the_words(session: ReviewSession) -> None:
    session.decide(FIRST, "", "Words.")
    assert session.decide(FIRST, "keep", "Words.")["text"] == "Words."


def test_the_decision_is_on_the_disk_before_the_manifest(
    session: ReviewSession, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("audiokit.dataset.review.write_manifest", fail)
        with pytest.raises(OSError, match="No space"):
            session.decide(FIRST, "refuse", None)
    assert json.loads((root / "reviews.jsonl").read_text())["clip"] == FIRST
    session.finish()
    assert not clip_of(root).kept  # type: ignore[attr-defined]


def test_decisions_that_a_manifest_lost_are_applied_again(root: Path) -> None:
    manifest = (root / "manifest.jsonl").read_bytes()
    with reviewing(root) as session:
        session.decide(FIRST, "refuse", "Words.")
    (root / "manifest.jsonl").write_bytes(manifest)
    with reviewing(root) as session:
        assert (row_of(session)["kept"], row_of(session)["text"]) == (False, "Words.")
    assert clip_of(root).refused_because == ("by hand",)  # type: ignore[attr-defined]


def test_sound_that_is_gone_cannot_come_back(session: ReviewSession, root: Path) -> None:
    session.decide(FIRST, "refuse", None)
    (root / ".audiokit" / "refused" / f"{FIRST}.wav").unlink()
    with pytest.raises(DatasetError, match="its sound is gone"):
        session.decide(FIRST, "", None)


def test_what_cannot_be_decided_is_refused(session: ReviewSession, root: Path) -> None:
    before = fingerprint(root)
    with pytest.raises(KeyError):
        session.decide("nobody", "keep", None)
    with pytest.raises(DatasetError, match="expected 10000 at most"):
        session.decide(FIRST, "keep", "x" * (LONGEST_TEXT + 1))
    assert fingerprint(root) == before


def test_a_text_that_no_file_can_hold_is_made_one(session: ReviewSession, root: Path) -> None:
    assert session.decide(FIRST, "", "a \ud800 b")["text"] == "a ? b"
    assert clip_of(root).text == "a ? b"  # type: ignore[attr-defined]


def test_many_at_once_lose_nothing(session: ReviewSession, root: Path) -> None:
    ids = [str(row["id"]) for row in session.rows()] * 4
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda clip_id: session.decide(clip_id, "keep", f"Text of {clip_id}."), ids))
    assert [clip.text for clip in Dataset.open(root).kept] == [f"Text of {clip_id}." for clip_id in ids[:5]]


def test_the_pages_are_up_to_date_afterwards(root: Path) -> None:
    with reviewing(root) as session:
        session.decide(FIRST, "refuse", None)
    assert "by hand" in (root / "report.html").read_text("utf-8")
    assert "by hand" in (root / "README.md").read_text("utf-8")


def test_nobody_else_writes_meanwhile(session: ReviewSession, root: Path) -> None:
    with pytest.raises(DatasetError, match="being written by another prep or review"), reviewing(root):
        pass


def test_where_there_is_no_dataset_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no dataset there"), reviewing(tmp_path / "nowhere"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_recordings_are_counted_anew() -> None:
    sources = (a_source(kept=9, refused=9), a_source(name="x", skipped="not audio", kept=0, kept_s=0.0))
    counted, skipped = recounted(sources, [a_clip(), refused_clip("by hand")])
    assert (counted.kept, counted.kept_s, counted.refused) == (1, 5.0, 1)
    assert skipped == sources[1]


def test_a_dataset_behind_an_address_is_not_reviewed_in_its_copy() -> None:
    with pytest.raises(UsageError, match="s3://bucket/set is an address"), reviewing("s3://bucket/set"):
        pass
