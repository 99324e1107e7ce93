"""Carrying out an edit: sources, steps, and where it goes."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from audiokit.audio.buffer import Audio
from audiokit.audio.encode import Writer, open_pipe_writer, open_writer
from audiokit.audio.formats import Encoding, check_encoding, file_format, fitting_rate
from audiokit.dsp.levels import db_from_gain, sample_peak
from audiokit.editing.steps import Step
from audiokit.editing.streams import InMemory, Joined, Recording, Stream, with_rate
from audiokit.errors import UsageError
from audiokit.progress import SILENT, Progress

Source = Audio | str | os.PathLike[str]
"""A sound in memory, or a recording."""

_log = logging.getLogger(__name__)
_INAUDIBLE = 1.001  # 0.01 dB above full scale, within the tolerance of the limiter


def edited(
    sources: Sequence[Source], steps: Sequence[Step], *, crossfade_s: float = 0.0, progress: Progress = SILENT
) -> Stream:
    """Put all steps behind the sources, joined. Steps that measure do it now.

    Raises
    ------
    AudioFileError : a recording that cannot be read; see `open_reader`.
    UsageError : no source, a negative crossfade, a step that does not go with the sound.
    """
    if not sources:
        raise UsageError("nothing to edit; expected at least one recording.")
    if not crossfade_s >= 0:
        raise UsageError(f"crossfade: {crossfade_s:g} s; expected 0 or more.")
    parts: list[Stream] = [
        InMemory(source) if isinstance(source, Audio) else Recording(source, progress) for source in sources
    ]
    stream = Joined(parts, crossfade_s) if len(parts) > 1 else parts[0]
    for step in steps:
        stream = step.on(stream)
    return stream


def to_file(stream: Stream, path: Path, encoding: Encoding) -> None:
    """Write a stream into a file, all or nothing; a file of this name is replaced.

    Formats that know only some rates get the next higher one. Integers get 24 bits where the source has more than 16,
    or what a `Width` asks for.

    Raises
    ------
    AudioFileError : see `open_writer`.
    UsageError : a width that the format does not have.
    """
    encoding = with_subtype(path, stream, encoding)
    stream = with_rate(stream, fitting_rate(path, stream.sample_rate))
    with open_writer(path, stream.sample_rate, stream.channels, encoding) as writer:
        _write(stream, writer, path.name)


def to_pipe(stream: Stream, file: BinaryIO, encoding: Encoding) -> None:
    """Write a stream as WAV into a pipe.

    Raises
    ------
    AudioFileError : a bit rate or a cover, for which a WAV has no place.
    """
    encoding = with_subtype(Path("-.wav"), stream, encoding)
    with open_pipe_writer(file, stream.sample_rate, stream.channels, encoding) as writer:
        _write(stream, writer, "-")


def with_subtype(path: Path, stream: Stream, encoding: Encoding) -> Encoding:
    """Choose the width of integers after the stream's, unless the encoding has chosen.

    Raises
    ------
    UsageError : a width that the format does not have.
    """
    return encoding if encoding.subtype else replace(encoding, subtype=_subtype(path, stream.bits))


def check_target(path: Path, encoding: Encoding, *, force: bool) -> None:
    """Refuse a target before any work is done for it.

    Raises
    ------
    AudioFileError : an extension or an encoding that is not known.
    UsageError : the file is there and `force` is not given, or it is a folder.
    """
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; expected a file's name, or a pattern such as {path}/{{stem}}.mp3.")
    check_encoding(path, encoding)
    if path.exists() and not force:
        raise UsageError(f"{path}: is there already. Choose another name, or add --force to replace it.")


def _write(stream: Stream, writer: Writer, name: str) -> None:
    highest = 0.0
    for block in stream.blocks():
        highest = max(highest, sample_peak(block))
        writer.write(block)
    if highest > _INAUDIBLE:
        peak_db = db_from_gain(highest)
        _log.warning("%s: peaks of %+.1f dBFS were cut off at full scale; end with --limit -1dBTP", name, peak_db)


def _subtype(path: Path, bits: int | None) -> str | None:
    """Choose the sample format for integers of so many bits; None leaves it to the format."""
    widths = {int(subtype.lstrip("PCM_SU")): subtype for subtype in file_format(path).subtypes if "PCM" in subtype}
    if bits is None or not widths:
        return None
    if bits not in widths:
        known = ", ".join(map(str, sorted(widths)))
        raise UsageError(f"width: {path.suffix[1:]} cannot hold {bits} bits; expected one of {known}.")
    return widths[bits]
