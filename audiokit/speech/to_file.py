"""Speech into files, sentence by sentence: sound, subtitles, the marks of chapters."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from audiokit.audio.encode import open_writer
from audiokit.audio.formats import Encoding, check_encoding, fitting_rate
from audiokit.audio.resample import Resampler
from audiokit.disk import whole_file
from audiokit.errors import AudioFileError, UsageError
from audiokit.speech.narrate import Spoken
from audiokit.speech.subtitles import Cue, cues, to_srt

if TYPE_CHECKING:
    from av.container.core import Chapter

MARKED = ("m4a", "m4b", "mp3")
"""Extensions of formats that have a place for chapters."""


def check_free(paths: Iterable[str | os.PathLike[str] | None], *, force: bool) -> None:
    """Refuse to write where something is, and formats that cannot be written, before anything is paid for.

    Raises
    ------
    UsageError : a file is there and `force` is not given.
    AudioFileError : an extension that is no format.
    """
    for path in (Path(path) for path in paths if path is not None):
        if path.exists() and not force:
            raise UsageError(f"{path} is there already; choose another name, or give force (--force).")
        if path.suffix.lower() != ".srt":
            check_encoding(path, Encoding())


def write_speech(path: Path, spoken: Iterator[Spoken], encoding: Encoding | None = None) -> list[Cue]:
    """Write sentences one behind the other, at the nearest rate that the format has; give their subtitles.

    Parameters
    ----------
    path : takes its name when all is there.
    spoken : at least one sentence, all of one rate.
    encoding : bit rate, tags and cover.

    Raises
    ------
    AudioFileError : it cannot be written.
    """
    first = next(spoken)
    rate = fitting_rate(path, first.audio.sample_rate)
    resampler = Resampler(first.audio.sample_rate, rate)
    shown = cues([first])
    with open_writer(path, rate, 1, encoding) as writer:
        writer.write(resampler.push(first.audio.samples))
        for sentence in spoken:
            writer.write(resampler.push(sentence.audio.samples))
            shown += cues([sentence])
        writer.write(resampler.flush())
    return shown


def write_srt(path: Path, shown: Iterable[Cue]) -> None:
    """Write subtitles, all of them or nothing.

    Raises
    ------
    AudioFileError : no room or no permission.
    """
    try:
        with whole_file(path) as part:
            part.write_text(to_srt(shown), "utf-8")
    except OSError as error:
        raise AudioFileError(f"{path}: cannot be written: {error.strerror}.", reason="cannot write") from error


def copy_with_chapters(recording: Path, path: Path, marks: Sequence[tuple[str, float, float]]) -> None:
    """Copy a recording and put marks for chapters into it; its sound is not encoded again.

    Parameters
    ----------
    recording : what is copied.
    path : the copy, of the same format, one of those in `MARKED`; it takes its name when it is whole.
    marks : title, start and end of each, in seconds.

    Raises
    ------
    AudioFileError : what is copied is no recording, or the copy cannot be written.
    """
    import av

    try:
        with (
            whole_file(path) as part,
            av.open(str(recording)) as source,
            av.open(str(part), "w", format=_muxer(path)) as copy,
        ):
            copy.metadata.update(source.metadata)
            streams = {stream.index: copy.add_stream_from_template(stream) for stream in source.streams}
            copy.set_chapters([_chapter(number, *mark) for number, mark in enumerate(marks)])
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    copy.mux(packet)
    except (OSError, av.FFmpegError) as error:
        raise AudioFileError(f"{path}: cannot be written with its chapters: {error}", reason="cannot write") from error


def _muxer(path: Path) -> str:
    return "mp3" if path.suffix.lower() == ".mp3" else "mp4"


def _chapter(number: int, title: str, start_s: float, end_s: float) -> Chapter:
    return {
        "id": number,
        "start": round(start_s * 1000),
        "end": round(end_s * 1000),
        "time_base": Fraction(1, 1000),
        "metadata": {"title": title},
    }
