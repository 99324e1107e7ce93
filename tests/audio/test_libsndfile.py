"""`audiokit.audio.libsndfile`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.libsndfile import LibsndfileSource
from audiokit.audio.source import DecodingError


def test_the_end_of_a_file_may_be_the_end_of_a_block(recordings: dict[str, Path]) -> None:
    with recordings["tones.wav"].open("rb") as file:
        assert [len(block) for block in LibsndfileSource(file).blocks(48000)] == [48000, 48000]


def test_a_file_is_read_from_its_start_wherever_it_stood(recordings: dict[str, Path]) -> None:
    with recordings["tones.aiff"].open("rb") as file:
        file.seek(1000)
        block = next(LibsndfileSource(file).blocks(10))
    assert block.dtype == np.float32
    assert block[0] == pytest.approx(0, abs=1e-4)


def test_closing_the_source_leaves_the_file_open(recordings: dict[str, Path]) -> None:
    with recordings["tones.wav"].open("rb") as file:
        LibsndfileSource(file).close()
        assert file.read(4) == b"RIFF" or file.tell() > 0


def test_what_it_does_not_know_is_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(1000))
    with (tmp_path / "noise").open("rb") as file, pytest.raises(DecodingError):
        LibsndfileSource(file)
