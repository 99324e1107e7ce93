"""`audiokit.audio.ogg`, which reads through `audiokit.audio.places`."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from audiokit.audio.ogg import holds_one_stream, is_ended
from audiokit.audio.places import read_at


@pytest.mark.parametrize("name", ["tones.ogg", "tones.opus"])
def test_a_stream_ends_with_a_marked_page(recordings: dict[str, Path], name: str) -> None:
    data = recordings[name].read_bytes()
    assert is_ended(io.BytesIO(data))
    assert is_ended(io.BytesIO(data + b"TAG" + bytes(125)))


@pytest.mark.parametrize("kept", [-1, -200, 10_000, 4, 0])
def test_a_cut_stream_has_no_end(recordings: dict[str, Path], kept: int) -> None:
    assert not is_ended(io.BytesIO(recordings["tones.ogg"].read_bytes()[:kept]))


@pytest.mark.parametrize(("links", "expected"), [(0, False), (1, True), (2, False)])
def test_streams_in_a_row_are_counted(recordings: dict[str, Path], links: int, expected: bool) -> None:
    assert holds_one_stream(io.BytesIO(recordings["tones.ogg"].read_bytes() * links)) == expected


@pytest.mark.parametrize(("at", "expected"), [(1, b"bc"), (2, b"c"), (9, b""), (2**70, b"")])
def test_a_place_beyond_the_end_holds_nothing(at: int, expected: bytes) -> None:
    assert read_at(io.BytesIO(b"abc"), at, 2) == expected
