"""audiokit.disk: a file is whole under its name, or not there."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from audiokit.disk import file_sha256, replace_text, whole_file


def test_a_file_takes_its_name_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    with whole_file(path) as part:
        part.write_text("new")
        assert not path.exists()
        assert part.parent == tmp_path
    assert path.read_text() == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["talk.txt"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_block_that_fails_leaves_what_was_there(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "talk.txt"
    path.write_text("old")

    def write() -> None:
        with whole_file(path) as part:
            part.write_text("half of")
            raise error

    with pytest.raises(type(error)):
        write()
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["talk.txt"]


def test_a_block_that_writes_nothing_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "talk.txt"):
        pass


def test_text_has_the_same_bytes_everywhere(tmp_path: Path) -> None:
    replace_text(tmp_path / "talk.txt", "Äh\nja\n")
    assert (tmp_path / "talk.txt").read_bytes() == "Äh\nja\n".encode()


def test_a_file_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    data = bytes(range(256)) * 4_096
    (tmp_path / "talk.wav").write_bytes(data)
    assert file_sha256(tmp_path / "talk.wav") == hashlib.sha256(data).hexdigest()
