"""audiokit.dataset.manifest."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import FORMAT, Dataset, totals, write_manifest
from audiokit.dataset.settings import PrepSettings
from audiokit.errors import DatasetError, MissingDependencyError
from tests.dataset.rows import a_clip, a_source, refused_clip

SETTINGS = PrepSettings(min_s=2)
SOURCES = (a_source(), a_source(name="notes.mp3", id="", sha256="", skipped="not audio", message="notes.mp3: a text"))
CLIPS = (a_clip(), refused_clip("noise: SNR 3.0 dB < 15 dB", id="other"))


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A written dataset of two clips."""
    layout = Layout(tmp_path)
    layout.state.mkdir()
    write_manifest(layout, SETTINGS, SOURCES, CLIPS)
    return layout


def test_a_dataset_is_read_back_as_it_was_written(layout: Layout) -> None:
    assert Dataset.open(layout.root) == Dataset(root=layout.root, settings=SETTINGS, sources=SOURCES, clips=CLIPS)


def test_a_dataset_is_opened_by_the_name_of_its_folder(layout: Layout) -> None:
    assert len(Dataset.open(str(layout.root))) == 1


def test_an_empty_dataset_is_read_back(layout: Layout) -> None:
    write_manifest(layout, SETTINGS, (), ())
    assert Dataset.open(layout.root).clips == ()


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\n", "\r", "\r\n"])
def test_a_name_with_a_line_separator_is_read_back(layout: Layout, separator: str) -> None:
    clips = (a_clip(source=f"two{separator}lines.wav"), a_clip(id="b", text=f"one{separator}two"))
    write_manifest(layout, SETTINGS, (a_source(name=f"two{separator}lines.wav"),), clips)
    assert Dataset.open(layout.root).clips == clips


def test_there_is_one_line_of_json_a_clip(layout: Layout) -> None:
    lines = layout.manifest.read_bytes().decode().removesuffix("\n").split("\n")
    assert [json.loads(line)["id"] for line in lines] == [clip.id for clip in CLIPS]


def test_the_summary_says_what_came_out_of_which_version(layout: Layout) -> None:
    summary = json.loads(layout.summary.read_text("utf-8"))
    assert summary["format"] == FORMAT
    assert summary["totals"] == totals(SOURCES, CLIPS)
    assert summary["audiokit"]


def test_equal_datasets_are_equal_files(layout: Layout) -> None:
    before = layout.manifest.read_bytes(), layout.summary.read_bytes()
    write_manifest(layout, SETTINGS, SOURCES, CLIPS)
    assert (layout.manifest.read_bytes(), layout.summary.read_bytes()) == before


def test_an_unfinished_dataset_is_refused(layout: Layout) -> None:
    layout.unfinished.touch()
    with pytest.raises(DatasetError, match="is not finished"):
        Dataset.open(layout.root)


@pytest.mark.parametrize("place", ["", "nowhere", "manifest.jsonl"])
def test_a_place_without_a_dataset_is_refused(layout: Layout, place: str) -> None:
    layout.summary.unlink()
    with pytest.raises(DatasetError, match="no dataset there"):
        Dataset.open(layout.root / place)


def test_a_dataset_without_its_manifest_is_refused(layout: Layout) -> None:
    layout.manifest.unlink()
    with pytest.raises(DatasetError, match=r"no dataset there.*manifest\.jsonl"):
        Dataset.open(layout.root)


DAMAGE = [b"", b"\n", b"{", b"5\n", b"[]\n", b"null\n", b"\xff\xfe\x00\n", b'{"id": "a"}\n', b"{}\n"]


@pytest.mark.parametrize("damage", DAMAGE[1:])
def test_a_damaged_manifest_is_refused(layout: Layout, damage: bytes) -> None:
    layout.manifest.write_bytes(layout.manifest.read_bytes() + damage)
    with pytest.raises(DatasetError, match="Run prep again"):
        Dataset.open(layout.root)


def test_a_manifest_without_its_end_is_refused(layout: Layout) -> None:
    layout.manifest.write_bytes(layout.manifest.read_bytes()[:-40])
    with pytest.raises(DatasetError, match="Run prep again"):
        Dataset.open(layout.root)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_summary_is_refused(layout: Layout, damage: bytes) -> None:
    layout.summary.write_bytes(damage)
    with pytest.raises(DatasetError, match="Run prep again"):
        Dataset.open(layout.root)


def test_another_format_is_told_before_its_lines_are_read(layout: Layout) -> None:
    layout.summary.write_text(json.dumps({"format": FORMAT + 1}))
    layout.manifest.write_text('{"colour": 1}\n')
    with pytest.raises(DatasetError, match=f"format {FORMAT + 1}, this audiokit reads {FORMAT}"):
        Dataset.open(layout.root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {"colour": 1}}, "unknown settings colour"),
        ({"settings": {"min_s": -1}}, "min_s is -1"),
        ({"sources": [{"name": "a", "id": "a", "sha256": "a", "colour": 1}]}, "unknown fields colour"),
        ({"sources": [{"name": "a"}]}, "damaged"),
        ({"sources": None}, "damaged"),
    ],
)
def test_a_summary_that_means_something_else_is_refused(
    layout: Layout, change: dict[str, object], message: str
) -> None:
    layout.summary.write_text(json.dumps({**json.loads(layout.summary.read_text("utf-8")), **change}))
    with pytest.raises(DatasetError, match=message):
        Dataset.open(layout.root)


def test_a_number_that_json_cannot_carry_is_not_written(layout: Layout) -> None:
    before = layout.manifest.read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        write_manifest(layout, SETTINGS, SOURCES, [a_clip(lufs=float("-inf"))])
    assert layout.manifest.read_bytes() == before


def test_a_dataset_is_a_collection_of_its_kept_clips(layout: Layout) -> None:
    dataset = Dataset.open(layout.root)
    assert list(dataset) == list(dataset.kept) == [CLIPS[0]]
    assert len(dataset) == 1


def test_a_dataset_shows_what_it_holds(layout: Layout) -> None:
    assert repr(Dataset.open(layout.root)) == f"Dataset({str(layout.root)!r}, 1 clips, 0.1 min, 2 recordings)"


def test_a_kept_clip_has_a_file(layout: Layout) -> None:
    assert Dataset.open(layout.root).path(CLIPS[0]) == layout.clips / "talk-00000000-00001000.wav"


def test_a_refused_clip_has_none_and_says_why(layout: Layout) -> None:
    with pytest.raises(DatasetError, match=r"other was refused .noise: SNR 3.0 dB < 15 dB.: it has no file"):
        Dataset.open(layout.root).path(CLIPS[1])


def test_a_clip_can_be_heard(layout: Layout) -> None:
    samples = np.linspace(-0.5, 0.5, 2400, dtype=np.float32)
    layout.clips.mkdir()
    soundfile.write(layout.clips / "talk-00000000-00001000.wav", samples, 24_000, subtype="FLOAT")
    audio = Dataset.open(layout.root).audio(CLIPS[0])
    assert audio.sample_rate == 24_000
    assert np.array_equal(audio.samples[:, 0], samples)


def test_a_table_has_a_row_for_every_clip(layout: Layout) -> None:
    table = Dataset.open(layout.root).to_pandas()
    assert list(table["id"]) == [clip.id for clip in CLIPS]
    assert list(table["kept"]) == [True, False]
    assert list(table.columns) == [field.name for field in fields(Clip)]


def test_a_table_of_nothing_has_its_columns(layout: Layout) -> None:
    write_manifest(layout, SETTINGS, (), ())
    table = Dataset.open(layout.root).to_pandas()
    assert (len(table), list(table.columns)) == (0, [field.name for field in fields(Clip)])


def test_without_pandas_the_table_names_the_extra(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match="notebooks"):
        Dataset.open(layout.root).to_pandas()


def test_totals_add_up() -> None:
    clips: list[Clip] = [
        a_clip(duration_s=5.1, flags=("fast",)),
        a_clip(duration_s=4.9),
        refused_clip("noise: SNR 3.0 dB < 15 dB", "too short: 1.10 s < 3 s", duration_s=1.1),
        refused_clip("noise: SNR 4.0 dB < 15 dB", duration_s=7.0),
    ]
    sources = [*SOURCES, a_source(name="more.mp3", skipped="not audio"), a_source(duration_s=30.5, speech_s=10.25)]
    assert totals(sources, clips) == {
        "recordings": 4,
        "prepared": 2,
        "skipped": {"not audio": 2},
        "duration_s": 210.5,
        "speech_s": 130.25,
        "clips": 4,
        "kept": 2,
        "kept_s": 10.0,
        "refused": {"noise": {"clips": 2, "seconds": 8.1}, "too short": {"clips": 1, "seconds": 1.1}},
        "flagged": 1,
    }


def test_totals_of_nothing_are_zero() -> None:
    total = totals((), ())
    assert (total["recordings"], total["kept_s"], total["refused"]) == (0, 0, {})


def test_a_dataset_knows_its_totals(layout: Layout) -> None:
    assert Dataset.open(layout.root).totals == totals(SOURCES, CLIPS)
