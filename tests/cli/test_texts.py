"""audiokit.cli.texts: text files as people save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit.cli.texts import read_lines, read_text
from audiokit.errors import UsageError


def test_a_mark_at_the_start_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_bytes(b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe")
    assert read_text(tmp_path / "lines.txt") == "Grüße"


def test_lines_without_words_are_none(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("\n  One.\n \nTwo. \n")
    assert read_lines(tmp_path / "lines.txt") == ["One.", "Two."]


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_lines(tmp_path)


def test_another_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_bytes("Grüße".encode("latin-1"))
    with pytest.raises(UsageError, match=r"lines\.txt: cannot be read as UTF-8 text: .* Save it as UTF-8"):
        read_text(tmp_path / "lines.txt")
