"""One recording into several files: at its silences, every so many seconds, or at given times."""

from __future__ import annotations

import glob
import math
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, pairwise
from pathlib import Path

from audiokit.audio.buffer import Samples
from audiokit.audio.encode import open_writer
from audiokit.audio.formats import Encoding, check_encoding, fitting_rate
from audiokit.dsp.silence import SilenceDetector, spans_between, spans_with_room
from audiokit.editing.apply import with_subtype
from audiokit.editing.step import check
from audiokit.editing.streams import Recording, Stream, with_rate
from audiokit.errors import AudioFileError, UsageError
from audiokit.progress import SILENT, Progress

Span = tuple[int, int | None]
"""From .. to, in frames; None is the end."""


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
        check("split", "--keep", self.keep_silence_s, (0.0, math.inf), "s")

    def spans(self, stream: Stream) -> list[Span]:
        """Go through the stream once; give its pieces."""
        detector = SilenceDetector(
            threshold_dbfs=self.threshold_dbfs,
            min_silence_s=self.min_silence_s,
            sample_rate=stream.sample_rate,
            channels=stream.channels,
        )
        frames = 0
        for block in stream.blocks():
            detector.push(block)
            frames += len(block)
        duration_s = frames / stream.sample_rate
        sounds = spans_between(detector.finish(), duration_s)
        if not sounds:
            raise AudioFileError(
                f"nothing is louder than {self.threshold_dbfs:g} dBFS in {duration_s:.1f} s; lower --silence.",
                reason="silent",
            )
        roomy = spans_with_room(sounds, self.keep_silence_s, duration_s)
        return [(round(start_s * stream.sample_rate), round(end_s * stream.sample_rate)) for start_s, end_s in roomy]


@dataclass(frozen=True, slots=True)
class Every:
    """Cut into pieces of one length; the last may be shorter."""

    length_s: float
    """In seconds."""

    def __post_init__(self) -> None:
        check("split", "--every", self.length_s, (0.01, 86400.0), "s")

    def spans(self, stream: Stream) -> Iterator[Span]:
        """Give pieces without end."""
        edges = (round(number * self.length_s * stream.sample_rate) for number in count())
        return pairwise(edges)


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

    def spans(self, stream: Stream) -> list[Span]:
        """Give the pieces between."""
        edges = [0, *(round(time_s * stream.sample_rate) for time_s in self.times_s)]
        return [*pairwise(edges), (edges[-1], None)]


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
        pieces = list(_pieces(stream, where.spans(stream), names, encoding))
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


def _pieces(stream: Stream, spans: Iterable[Span], names: Iterator[Path], encoding: Encoding) -> Iterator[Piece]:
    tape = _Tape(stream.blocks())
    for start, end in spans:
        for _ in tape.up_to(start):
            pass
        if tape.is_at_end:
            return
        path = next(names)
        with open_writer(path, stream.sample_rate, stream.channels, encoding) as writer:
            for samples in tape.up_to(end):
                writer.write(samples)
        yield Piece(path=path, start_s=start / stream.sample_rate, end_s=tape.position / stream.sample_rate)


class _Tape:
    """A stream that is played piece by piece."""

    def __init__(self, blocks: Iterator[Samples]) -> None:
        self._blocks = blocks
        self._rest: Samples | None = next(blocks, None)
        self.position = 0
        """Of the next frame."""

    @property
    def is_at_end(self) -> bool:
        """There is no next frame."""
        return self._rest is None

    def up_to(self, end: int | None) -> Iterator[Samples]:
        """Play up to a frame, or to the end."""
        while self._rest is not None and (end is None or self.position < end):
            ready = self._rest if end is None else self._rest[: end - self.position]
            self.position += len(ready)
            rest = self._rest[len(ready) :]
            self._rest = rest if len(rest) else next(self._blocks, None)
            yield ready
