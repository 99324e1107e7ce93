"""audiokit.dataset.reviews and audiokit.dataset.write."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.reviews import (
    Review,
    Verdict,
    drop_parked,
    key_of,
    park_refused,
    parked_file,
    read_reviews,
    refuse_by_hand,
    write_by_hand,
    write_reviews,
)
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.write import write_dataset
from audiokit.errors import DatasetError
from tests.dataset.rows import a_clip, a_source, refused_clip

CLIP = a_clip(text="It was heard so.", confidence=0.4, characters_per_s=2.6, flags=("confidence: 0.40 < 0.5",))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.clips.mkdir()
    layout.state.mkdir()
    return layout


def decided(verdict: Verdict = "", text: str | None = None) -> dict[tuple[str, float, float], Review]:
    return {key_of(CLIP): Review.of(CLIP, verdict, text)}


def test_decisions_are_read_back(layout: Layout) -> None:
    reviews = decided("keep", "Zwei\u2028Zeilen")
    write_reviews(layout, reviews)
    assert read_reviews(layout) == reviews


def test_no_decisions_are_no_file(layout: Layout) -> None:
    assert read_reviews(layout) == {}
    write_reviews(layout, decided("keep"))
    write_reviews(layout, {})
    assert not layout.reviews.exists()


def line_with(**changes: object) -> str:
    return json.dumps({**asdict(Review.of(CLIP, "keep", "Words.")), **changes})


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "3", '{"clip": "a"}', line_with(verdict="perhaps"), line_with(text=3), line_with(mood=""),
     line_with(was={}), line_with(was=None)],
)  # fmt: skip
def test_a_damaged_file_is_named_with_its_line(layout: Layout, line: str) -> None:
    write_reviews(layout, decided("keep"))
    with layout.reviews.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(DatasetError, match=r"reviews.jsonl, line 2: .* Mend or delete"):
        read_reviews(layout)


def test_a_hand_refuses_what_the_rules_keep() -> None:
    (clip,) = refuse_by_hand([CLIP], decided("refuse"))
    assert (clip.kept, clip.path, clip.sha256, clip.refused_because) == (False, None, None, ("by hand",))


def test_a_hand_keeps_nothing_that_a_rule_refuses() -> None:
    clip = refused_clip("noise: SNR 3.0 dB < 15 dB")
    assert refuse_by_hand([clip], decided("keep")) == [clip]
    assert refuse_by_hand([clip], decided("refuse")) == [clip]


@pytest.mark.parametrize("changes", [{"end_s": 6.5}, {"start_s": 0.9}, {"source_sha256": "another"}])
def test_another_piece_of_sound_is_not_decided_about(changes: dict[str, object]) -> None:
    other = a_clip(**changes)
    assert refuse_by_hand([other], decided("refuse")) == [other]
    assert write_by_hand([other], decided("", "words")) == [other]


def test_the_same_piece_under_another_name_is() -> None:
    (clip,) = refuse_by_hand([a_clip(id="renamed-00000000-00001000", source="renamed.wav")], decided("refuse"))
    assert not clip.kept


def test_a_written_text_replaces_the_recognized_one() -> None:
    (clip,) = write_by_hand([CLIP], decided("", "It was said so."))
    assert (clip.text, clip.confidence, clip.characters_per_s, clip.flags) == ("It was said so.", None, 2.2, ())


def test_a_text_can_be_taken_away() -> None:
    (clip,) = write_by_hand([CLIP], decided("", ""))
    assert (clip.text, clip.flags) == ("", ())


def test_who_keeps_has_looked_at_the_flags() -> None:
    (clip,) = write_by_hand([CLIP], decided("keep"))
    assert (clip.text, clip.confidence, clip.flags) == (CLIP.text, CLIP.confidence, ())


def test_sound_that_was_refused_by_hand_is_parked_until_nobody_wants_it_back(layout: Layout) -> None:
    (refused,) = refuse_by_hand([CLIP], decided("refuse"))
    for name in (f"{CLIP.id}.wav", f"{CLIP.id}.txt", "other.wav"):
        (layout.clips / name).write_text(name)
    park_refused(layout, [refused, a_clip(id="other")])
    assert sorted(path.name for path in layout.clips.iterdir()) == ["other.wav", f"{CLIP.id}.txt"]
    assert parked_file(layout, refused) == layout.refused / f"{CLIP.id}.wav"
    drop_parked(layout, [refused])
    assert parked_file(layout, refused) is not None
    drop_parked(layout, [])
    assert parked_file(layout, refused) is None


def test_everything_about_a_dataset_is_written_together(layout: Layout) -> None:
    (refused,) = refuse_by_hand([CLIP], decided("refuse"))
    (layout.clips / f"{CLIP.id}.wav").write_text("sound")
    kept = a_clip(id="b", text="Words.")
    write_dataset(layout, PrepSettings(), [a_source()], [refused, kept])
    assert Dataset.open(layout.root).clips == (refused, kept)
    assert layout.metadata.read_text() == "b|Words.|Words.\n"
    assert "by hand" in layout.card.read_text("utf-8")
    assert "by hand" in layout.report.read_text("utf-8")
    assert list(layout.clips.iterdir()) == []
