"""Whole recordings: read, write, look at, or walk through in seconds."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from audiokit.audio.buffer import Audio
from audiokit.audio.decode import open_reader
from audiokit.audio.encode import open_writer
from audiokit.audio.formats import Encoding


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInfo:
    """What a recording's header tells."""

    format: str
    """Container, such as "wav" or "m4a"."""
    codec: str
    """Coding inside it, such as "pcm_16" or "aac"."""
    sample_rate: int
    """In Hz."""
    channels: int
    """How many channels."""
    duration_s: float | None
    """Length the header claims, in seconds; None when it claims none. The truth needs decoding."""
    bit_depth: int | None
    """Bits of a sample; None for lossy codecs."""


def read(path: str | os.PathLike[str]) -> Audio:
    """Read a whole recording of any kind that `open_reader` knows.

    Raises
    ------
    AudioFileError : see `open_reader`; "truncated" too, for half a recording is not what was asked for.
    """
    with open_reader(path) as reader:
        return Audio(np.concatenate(list(reader.blocks())), reader.sample_rate)


def blocks(path: str | os.PathLike[str], block_s: float = 1.0) -> Iterator[Audio]:
    """Walk through a recording of any length in bounded memory.

    Parameters
    ----------
    path : as for `open_reader`.
    block_s : length of each piece in seconds; the last may be shorter.

    Raises
    ------
    AudioFileError : see `open_reader`; "truncated" after the last piece.
    """
    if not block_s > 0:
        raise ValueError(f"block_s is {block_s}; expected more than 0 s")
    with open_reader(path) as reader:
        for block in reader.blocks(max(1, round(block_s * reader.sample_rate))):
            yield Audio(block, reader.sample_rate)


def info(path: str | os.PathLike[str]) -> FileInfo:
    """Look at the header only.

    Raises
    ------
    AudioFileError : see `open_reader`.
    """
    with open_reader(path) as reader:
        return FileInfo(
            format=reader.format,
            codec=reader.codec,
            sample_rate=reader.sample_rate,
            channels=reader.channels,
            duration_s=reader.expected_s,
            bit_depth=reader.bit_depth,
        )


def write(
    path: str | os.PathLike[str],
    audio: Audio,
    *,
    subtype: str | None = None,
    bitrate_bps: int | None = None,
    tags: Mapping[str, str] | None = None,
    cover: str | os.PathLike[str] | None = None,
) -> None:
    """Write a recording, all of it or nothing; values outside [-1, 1] are limited.

    Parameters
    ----------
    path : its extension gives the format: wav, flac, aiff, ogg, opus, mp3, m4a, aac, webm. The file is written under
        this name with `.part` behind it, and takes its name when it is whole.
    audio : at least one frame.
    subtype, bitrate_bps, tags, cover : see `audiokit.audio.formats.Encoding`.

    Raises
    ------
    AudioFileError : an unknown extension, a format that cannot hold this audio, no room or no permission; the `reason`
        is "cannot write".
    """
    picture = None if cover is None else Path(cover)
    encoding = Encoding(subtype=subtype, bitrate_bps=bitrate_bps, tags=tags or {}, cover=picture)
    with open_writer(path, audio.sample_rate, audio.channels, encoding, frames=audio.frames) as writer:
        writer.write(audio.samples)
