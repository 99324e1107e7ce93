"""audiokit.providers.fingerprint: models are told apart without reading them whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit.providers.fingerprint import fingerprint

MODEL = bytes(range(256)) * 8192


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        (MODEL, True),
        (MODEL + b"\0", False),
        (b"\1" + MODEL[1:], False),
        (MODEL[:1_048_576] + b"\1" + MODEL[1_048_577:], False),
        (b"", False),
    ],
    ids=["same", "longer", "another begin", "another middle", "empty"],
)
def test_models_are_told_apart(tmp_path: Path, other: bytes, is_same: bool) -> None:
    first, second = written(tmp_path / "a", MODEL), written(tmp_path / "b", other)
    assert (fingerprint(first) == fingerprint(second)) == is_same


def test_the_order_of_files_counts(tmp_path: Path) -> None:
    first, second = written(tmp_path / "a", b"a" * 10), written(tmp_path / "b", b"b" * 10)
    assert fingerprint(first, second) != fingerprint(second, first)
