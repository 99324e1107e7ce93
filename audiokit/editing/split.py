"""One recording into several files: at its silences, every so many seconds, or at given times."""

from __future__ import annotations

import glob
import math
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, groupby, pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.audio.encode import open_writer
from audiokit.audio.formats import Encoding, check_encoding, fitting_rate
from audiokit.dsp.silence import SilenceSorter
from audiokit.dsp.stage import nothing
from audiokit.editing.apply import with_subtype
from audiokit.editing.step import check
from audiokit.editing.streams import Recording, Stream, with_rate
from audiokit.errors import AudioFileError, UsageError
from audiokit.progress import SILENT, Progress

Part = tuple[int, Samples]
"""Some of a piece: where the piece starts, in frames, and the next of its samples. All of one piece come in a row."""


MOST_ROOM_S = 60.0  # twice as much is held in memory


@dataclass(frozen=True, slots=True, kw_only=True)
class AtSilence:
    """Cut out what lies between silences."""

    threshold_dbfs: float = -40.0
    """Highest RMS of a silence, in dBFS."""
    min_silence_s: float = 0.5
    """Shorter pauses are sound, in seconds."""
    keep_silence_s: float = 0.2
    """How much silence stays at both ends of each piece, in seconds."""

    def __post_init__(self) -> None:
        check("split", "--silence", self.threshold_dbfs, (-120.0, 0.0), "dBFS")
        check("split", "--min-silence", self.min_silence_s, (0.01, 3600.0), "s")
        check("split", "--keep", self.keep_silence_s, (0.0, MOST_ROOM_S), "s")

    def parts(self, stream: Stream) -> Iterator[Part]:
        """Give what lies between silences, with its room."""
        sorter = SilenceSorter(
            threshold_dbfs=self.threshold_dbfs,
            min_silence_s=self.min_silence_s,
            sample_rate=stream.sample_rate,
            channels=stream.channels,
        )
        rooms = _Rooms(round(self.keep_silence_s * stream.sample_rate), stream.channels)
        for block in stream.blocks():
            yield from rooms.around(sorter.push(block))
        yield from rooms.around(sorter.flush())
        yield from rooms.end()
        if rooms.start is None:
            duration_s = rooms.position / stream.sample_rate
            raise AudioFileError(
                f"nothing is louder than {self.threshold_dbfs:g} dBFS in {duration_s:.1f} s; lower --silence.",
                reason="silent",
            )


class _Rooms:
    """Leaves a sound some of the silence on both its sides; neighbours that would meet share what lies between."""

    def __init__(self, keep: int, channels: int) -> None:
        self._keep = keep
        self._gap = nothing(channels)  # of the silence in progress, what a sound may still want
        self._is_long = False  # more of it than both neighbours want
        self.start: int | None = None
        """Where the latest piece starts, in frames."""
        self.position = 0
        """Of the next frame."""

    def around(self, sorted_samples: Iterable[tuple[bool, Samples]]) -> Iterator[Part]:
        """Take what is silent and what is not, in order; give the pieces' samples."""
        for is_silent, samples in sorted_samples:
            self.position += len(samples)
            if is_silent:
                yield from self._silence(samples)
            else:
                yield from self._sound(samples)

    def end(self) -> Iterator[Part]:
        """Give the last piece its room."""
        if self.start is not None and not self._is_long:
            yield self.start, self._gap[: self._keep]

    def _silence(self, samples: Samples) -> Iterator[Part]:
        self._gap = np.concatenate([self._gap, samples])
        if len(self._gap) > 2 * self._keep:
            if self.start is not None and not self._is_long:
                yield self.start, self._gap[: self._keep]
            self._is_long = True
            self._gap = self._gap[len(self._gap) - self._keep :]

    def _sound(self, samples: Samples) -> Iterator[Part]:
        gap, was_long = self._gap, self._is_long
        if self.start is None or len(gap):
            room = gap
            if self.start is not None and not was_long:  # both have a claim on it
                yield self.start, gap[: len(gap) // 2]
                room = gap[len(gap) // 2 :]
            room = room[max(0, len(room) - self._keep) :]
            self.start = self.position - len(samples) - len(room)
            yield self.start, room
        elif was_long:  # nothing of the silence is kept
            self.start = self.position - len(samples)
        self._gap, self._is_long = gap[:0], False
        yield self.start, samples


@dataclass(frozen=True, slots=True)
class Every:
    """Cut into pieces of one length; the last may be shorter."""

    length_s: float
    """In seconds."""

    def __post_init__(self) -> None:
        check("split", "--every", self.length_s, (0.01, 86400.0), "s")

    def parts(self, stream: Stream) -> Iterator[Part]:
        """Give the pieces."""
        return _cut(stream, (round(number * self.length_s * stream.sample_rate) for number in count(1)))


@dataclass(frozen=True, slots=True)
class AtTimes:
    """Cut at given times."""

    times_s: tuple[float, ...]
    """Rising, in seconds."""

    def __post_init__(self) -> None:
        edges = [0.0, *self.times_s]
        if len(edges) < 2 or not all(before < after < math.inf for before, after in pairwise(edges)):
            given = ", ".join(f"{time_s:g}" for time_s in self.times_s) or "none"
            raise UsageError(f"split: --at is {given}; expected rising times, more than 0 s.")

    def parts(self, stream: Stream) -> Iterator[Part]:
        """Give the pieces between."""
        return _cut(stream, (round(time_s * stream.sample_rate) for time_s in self.times_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file that was cut out."""

    path: Path
    """Where it is."""
    start_s: float
    """Where it begins in the recording, in seconds."""
    end_s: float
    """Where it ends, in seconds."""


def split_recording(
    source: str | os.PathLike[str],
    out_dir: str | os.PathLike[str],
    where: AtSilence | Every | AtTimes,
    *,
    extension: str,
    encoding: Encoding,
    force: bool,
    progress: Progress = SILENT,
) -> list[Piece]:
    """Cut a recording; see `audiokit.api.split`."""
    out_dir, stem = Path(out_dir), Path(source).stem
    example = out_dir / f"{stem}.{extension}"
    check_encoding(example, encoding)
    _refuse_existing(example, force=force)
    recording = Recording(source, progress)
    stream = with_rate(recording, fitting_rate(example, recording.sample_rate))
    encoding = with_subtype(example, stream, encoding)
    # Pieces wait in a folder of their own: whatever stops the work leaves nothing behind.
    with _folder(out_dir), tempfile.TemporaryDirectory(dir=out_dir, prefix=".split-", suffix=".part") as waiting:
        names = (Path(waiting) / f"{stem}_{number:03}.{extension}" for number in count(1))
        pieces = list(_pieces(stream, where.parts(stream), names, encoding))
        if isinstance(where, AtTimes) and len(pieces) <= len(where.times_s):
            late_s, end_s = where.times_s[len(pieces) - 1], pieces[-1].end_s
            raise UsageError(f"split: {late_s:g} s lies not before the end of {Path(source).name}, {end_s:g} s.")
        for piece in pieces:
            os.replace(piece.path, out_dir / piece.path.name)
    return [replace(piece, path=out_dir / piece.path.name) for piece in pieces]


@contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Make a folder, which goes again when something goes wrong."""
    is_new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AudioFileError(f"{path}: cannot be made: {error.strerror}.", reason="cannot write") from error
    try:
        yield
    except BaseException:
        if is_new:
            path.rmdir()
        raise


def _refuse_existing(example: Path, *, force: bool) -> None:
    folder = example.parent
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file; expected a folder for the pieces.")
    found = sorted(folder.glob(f"{glob.escape(example.stem)}_[0-9]*{example.suffix}"))
    if found and not force:
        raise UsageError(f"{found[0]}: is there already. Choose another folder, or add --force to replace it.")


def _pieces(stream: Stream, parts: Iterator[Part], names: Iterator[Path], encoding: Encoding) -> Iterator[Piece]:
    for start, piece in groupby(parts, key=itemgetter(0)):
        path = next(names)
        with open_writer(path, stream.sample_rate, stream.channels, encoding) as writer:
            for _, samples in piece:
                writer.write(samples)
            end = start + writer.frames
        yield Piece(path=path, start_s=start / stream.sample_rate, end_s=end / stream.sample_rate)


def _cut(stream: Stream, edges: Iterator[int]) -> Iterator[Part]:
    """Cut a stream at rising edges, in frames; what lies behind the last one is a piece too."""
    start, position, edge = 0, 0, next(edges, math.inf)
    for block in stream.blocks():
        rest = block
        while len(rest):
            ready = rest if position + len(rest) <= edge else rest[: int(edge) - position]
            yield start, ready
            position += len(ready)
            rest = rest[len(ready) :]
            if position == edge:
                start, edge = position, next(edges, math.inf)
