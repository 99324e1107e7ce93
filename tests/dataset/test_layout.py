"""audiokit.dataset.layout."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audiokit.dataset.layout import Layout
from audiokit.disk import replace_text
from audiokit.errors import DatasetError


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "out")


def test_everything_lies_in_the_root(layout: Layout) -> None:
    paths = [layout.clips, layout.manifest, layout.summary, layout.metadata, layout.card, layout.journal, layout.heard,
             layout.work, layout.unfinished]  # fmt: skip
    assert len(set(paths)) == len(paths)
    assert all(layout.root in path.parents for path in paths)


def test_a_folder_that_is_not_there_may_become_a_dataset(layout: Layout) -> None:
    layout.check()
    assert not layout.root.exists()


def test_an_empty_folder_may_become_a_dataset(layout: Layout) -> None:
    layout.root.mkdir()
    layout.check()


def test_a_dataset_may_be_continued(layout: Layout) -> None:
    with layout.writing():
        (layout.root / "my notes.txt").touch()
    layout.check()


def test_a_folder_of_other_files_is_refused(layout: Layout) -> None:
    layout.root.mkdir()
    (layout.root / "thesis.doc").touch()
    with pytest.raises(DatasetError, match="holds files and is not a dataset"):
        layout.check()


def test_a_file_is_refused(layout: Layout) -> None:
    layout.root.touch()
    with pytest.raises(DatasetError, match="is a file"):
        layout.check()


def test_writing_makes_the_folders_and_tidies_up(layout: Layout) -> None:
    with layout.writing():
        assert layout.clips.is_dir()
        assert layout.heard.is_dir()
        (layout.work / "half.wav").touch()
    assert not layout.work.exists()


def test_writing_begins_with_empty_work(layout: Layout) -> None:
    layout.work.mkdir(parents=True)
    (layout.work / "of a killed run.wav").touch()
    with layout.writing():
        assert list(layout.work.iterdir()) == []


def test_writing_keeps_what_is_done(layout: Layout) -> None:
    for _ in range(2):
        with layout.writing():
            (layout.clips / "a.wav").touch()
    with layout.writing():
        assert (layout.clips / "a.wav").exists()


def test_only_one_may_write(layout: Layout) -> None:
    with (
        layout.writing(),
        pytest.raises(DatasetError, match="being written by another prep"),
        Layout(layout.root).writing(),
    ):
        pytest.fail("two writers")


def test_a_second_writer_leaves_the_first_ones_work_alone(layout: Layout) -> None:
    with layout.writing():
        (layout.work / "half.wav").touch()
        with pytest.raises(DatasetError), layout.writing():
            pytest.fail("two writers")
        assert (layout.work / "half.wav").exists()


def test_the_next_may_write_after_an_error(layout: Layout) -> None:
    with pytest.raises(KeyError), layout.writing():
        raise KeyError
    with layout.writing():
        assert layout.work.is_dir()


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="cannot be written"), Layout(tmp_path / "file" / "out").writing():
        pytest.fail("a folder inside a file")


def test_text_is_replaced_byte_by_byte(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text("old and longer")
    replace_text(path, "ä\n日本\n")
    assert path.read_bytes() == "ä\n日本\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_text_that_cannot_be_written_whole_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "page.txt"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        replace_text(path, "new")
    assert path.read_text() == "old"


def test_a_full_disk_is_the_datasets_unless_it_is_known_to_be_another(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    for place in ("", str(layout.work / "a.wav")):
        assert f"no space left on the disk of {tmp_path}." in str(layout.disk_full(place))
    assert "no space left on the disk of /elsewhere/b." in str(layout.disk_full("/elsewhere/b"))
