"""audiokit.dataset.ledger."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audiokit.dataset.ledger import Ledger, json_object


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files."""
    (tmp_path / "files").mkdir()
    for name in ("a", "b"):
        (tmp_path / "files" / name).write_text(name)
    return tmp_path / "files"


def test_a_file_is_new_until_it_is_noted_and_when_it_changes(folder: Path, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    assert ledger.is_new(folder, "a")
    ledger.note(folder, ["a", "b"])
    assert "a" in ledger
    assert not ledger.is_new(folder, "a")
    os.utime(folder / "a", (1, 1))
    assert ledger.is_new(folder, "a")
    ledger.forget(["b", "never there"])
    assert ledger.is_new(folder, "b")


def test_it_is_known_to_the_next_process_but_for_half_a_line(folder: Path, tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger").note(folder, ["a"])
    with (tmp_path / "ledger").open("ab") as file:
        file.write(b'{"b": [1')
    again = Ledger(tmp_path / "ledger")
    assert not again.is_new(folder, "a")
    assert again.is_new(folder, "b")
    again.note(folder, ["b"])
    assert not Ledger(tmp_path / "ledger").is_new(folder, "b")
    again.clear()
    assert Ledger(tmp_path / "ledger").is_new(folder, "a")


@pytest.mark.parametrize("data", [None, b"", b"[1]", b'{"a', b"\xff"])
def test_what_is_no_json_object_reads_as_an_empty_one(data: bytes | None) -> None:
    assert json_object(data) == {}
