"""`audiokit.audio.contents`."""

from __future__ import annotations

from pathlib import Path

import pytest

from audiokit.audio.contents import HEAD_BYTES, container_name, is_container, other_kind


def test_no_recording_is_taken_for_something_else(recordings: dict[str, Path]) -> None:
    kinds = {name: other_kind(path.read_bytes()[:HEAD_BYTES]) for name, path in recordings.items()}
    assert set(kinds.values()) == {""}


@pytest.mark.parametrize("name", ["tones.wav", "tones.flac", "tones.m4a", "tones.ogg", "tones.webm", "tones.wma"])
def test_a_recording_is_known_by_its_beginning(recordings: dict[str, Path], name: str) -> None:
    assert is_container(recordings[name].read_bytes()[:HEAD_BYTES])


def test_a_text_may_be_cut_inside_a_letter() -> None:
    assert other_kind(("x" + "é" * 300).encode()[:HEAD_BYTES]) == "a text"


@pytest.mark.parametrize(
    ("head", "demuxer", "has_video", "expected"),
    [
        (b"\0\0\0\x18ftypisom", "mov,mp4,m4a", False, "m4a"),
        (b"\0\0\0\x18ftypisom", "mov,mp4,m4a", True, "mp4"),
        (b"\0\0\0\x18ftypqt  ", "mov,mp4,m4a", False, "mov"),
        (b"\0\0\0\x18moov", "mov,mp4,m4a", False, "mov"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x84webm", "matroska,webm", False, "webm"),
        (b"\x1a\x45\xdf\xa3\x9fB\x82\x88matroska", "matroska,webm", True, "mkv"),
        (b"\xff\xfb", "mp3", False, "mp3"),
    ],
)
def test_a_container_has_the_name_that_people_use(head: bytes, demuxer: str, has_video: bool, expected: str) -> None:
    assert container_name(head, demuxer, has_video=has_video) == expected
