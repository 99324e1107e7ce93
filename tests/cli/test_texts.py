"""audiokit.cli.texts: text files as people save them."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit.cli.texts import read_text
from audiokit.errors import UsageError


def test_a_mark_at_the_start_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_bytes(b"\xef\xbb\xbfGr\xc3\xbc\xc3\x9fe")
    assert read_text(tmp_path / "lines.txt") == "Grüße"


def test_another_encoding_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_bytes("Grüße".encode("latin-1"))
    with pytest.raises(UsageError, match=r"lines\.txt: cannot be read as UTF-8 text: .* Save it as UTF-8"):
        read_text(tmp_path / "lines.txt")
