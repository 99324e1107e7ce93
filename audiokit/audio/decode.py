"""`open_reader`: any recording, block by block, in memory that does not grow with its length."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.audio.contents import HEAD_BYTES, is_container, is_pcm_container, is_vorbis, other_kind
from audiokit.audio.ffmpeg import FfmpegSource
from audiokit.audio.header_length import has_unusable_size, missing_end
from audiokit.audio.libsndfile import LibsndfileSource
from audiokit.audio.ogg import holds_one_stream
from audiokit.audio.places import read_at
from audiokit.audio.source import DecodingError, Source
from audiokit.errors import AudioFileError

BLOCK_FRAMES = 65536
SAMPLE_RATES = range(1000, 1_536_001)  # twice the highest rate of any converter sold
CHANNELS = range(1, 257)


def open_reader(path: str | os.PathLike[str]) -> Reader:
    """Open a recording: wav, flac, mp3, m4a, ogg, opus, webm, the sound of a video and what else the libraries know.

    The content decides, not the name.

    Parameters
    ----------
    path : a regular file.

    Raises
    ------
    AudioFileError : its `reason` is "missing", "empty", "not audio", "no audio stream", "protected", "unreadable" or,
        when a file is cut so short that nothing can be decoded, "truncated".
    """
    path = Path(path)
    file = _opened(path)
    try:
        missing = missing_end(file)
        source = _source(file, path.name, missing)
    except OSError as error:
        file.close()
        raise _unreadable(path.name, error) from error
    except BaseException:
        file.close()
        raise
    return Reader(path.name, file, source, missing)


class Reader:
    """A recording that is being read: made by `open_reader`, closed by `with`."""

    sample_rate: int
    """In Hz."""
    channels: int
    """How many channels."""
    format: str
    """Container: "wav", "mp3", "m4a", "webm" ..."""
    codec: str
    """Coding: "pcm_16", "mp3", "aac", "opus" ..."""
    bit_depth: int | None
    """Bits of a sample; None for lossy codecs."""
    expected_s: float | None
    """What the header claims, in seconds: good for a progress bar, not for a calculation."""

    def __init__(self, name: str, file: BinaryIO, source: Source, missing: str) -> None:
        self._name, self._file, self._source, self._missing = name, file, source, missing
        self.sample_rate, self.channels = source.sample_rate, source.channels
        self.format, self.codec, self.bit_depth = source.format, source.codec, source.bit_depth
        self.expected_s = source.expected_s

    def blocks(self, frames: int = BLOCK_FRAMES) -> Iterator[Samples]:
        """Decode once, from start to end.

        Parameters
        ----------
        frames : length of every block but the last, at least 1.

        Raises
        ------
        AudioFileError : damaged ("unreadable"), or, after the last block, "truncated": less came than was promised.
        """
        if frames < 1:
            raise ValueError(f"frames is {frames}; expected at least 1")
        decoded = 0
        try:
            for block in self._source.blocks(frames):
                self._refuse_not_finite(block, decoded)
                decoded += len(block)
                yield block
        except (DecodingError, OSError) as error:
            raise _unreadable(self._name, f"{error}, after {self._clock(decoded)}") from error
        self._refuse_truncated(decoded)

    def close(self) -> None:
        """Close the file."""
        self._source.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _refuse_not_finite(self, block: Samples, decoded: int) -> None:
        # min and max hand NaN on: two cheap passes without a mask of the same length.
        if not (np.isfinite(block.min()) and np.isfinite(block.max())):
            at = decoded + int(np.argmin(np.isfinite(block).all(axis=1)))
            raise _unreadable(self._name, f"NaN or infinity at {self._clock(at)} where samples should be")

    def _refuse_truncated(self, decoded: int) -> None:
        missing = self._missing
        if decoded < self._source.least_frames:
            missing = missing or f"its header promises {self.expected_s or 0:.2f} s"
        if missing:
            raise _truncated(self._name, f"{missing}; {self._clock(decoded)} could be decoded")

    def _clock(self, frames: int) -> str:
        return f"{frames / self.sample_rate:.2f} s"


def _opened(path: Path) -> BinaryIO:
    """Open a regular file that is not empty; a pipe or a device could block for ever."""
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode):
            file = io.FileIO(path)
            file.name = ""  # FFmpeg would judge the content by it
    except (FileNotFoundError, NotADirectoryError) as error:
        raise AudioFileError(f"{path}: no such file. Check the path.", reason="missing") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        raise _unreadable(path.name, error) from error
    if not stat.S_ISREG(status.st_mode):
        kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe or a device"
        raise _unreadable(path.name, f"{kind}; expected a file")
    if status.st_size == 0:
        file.close()
        raise AudioFileError(f"{path.name}: 0 bytes. Copy or download it again.", reason="empty")
    return file


def _source(file: BinaryIO, name: str, missing: str) -> Source:
    head = read_at(file, 0, HEAD_BYTES)
    if kind := other_kind(head):
        raise AudioFileError(f"{name}: {kind}; expected a recording. Leave it out.", reason="not audio")
    decoders: list[Callable[[BinaryIO], Source]] = [FfmpegSource]
    if (is_vorbis(head) and holds_one_stream(file)) or (is_pcm_container(head) and not has_unusable_size(file)):
        decoders.insert(0, LibsndfileSource)
    failures = []
    for decoder in decoders:
        try:
            return _sane(decoder(file), name, missing)
        except DecodingError as error:
            failures.append(error)
    raise _refusal(name, head, missing, failures[-1]) from failures[-1]


def _refusal(name: str, head: bytes, missing: str, failure: DecodingError) -> AudioFileError:
    if failure.reason == "protected":
        return AudioFileError(f"{name}: {failure}. Use a copy without it.", reason="protected")
    if failure.reason == "no audio stream":
        return AudioFileError(f"{name}: {failure}; expected a recording. Leave it out.", reason="no audio stream")
    if missing or failure.reason == "truncated":
        return _truncated(name, f"{missing or failure}; nothing could be decoded")
    if failure.reason or is_container(head):
        return _unreadable(name, failure)
    return AudioFileError(f"{name}: no known kind of recording ({failure}). Leave it out.", reason="not audio")


def _sane(source: Source, name: str, missing: str) -> Source:
    """Refuse headers that no recording has, before anything of their size is allocated."""
    problem = None
    if source.is_empty:
        problem = AudioFileError(f"{name}: a header and no sound behind it. Leave it out.", reason="empty")
        if missing:
            problem = _truncated(name, f"{missing}; nothing could be decoded")
    elif source.sample_rate not in SAMPLE_RATES or source.channels not in CHANNELS:
        problem = _unreadable(
            name,
            f"its header tells of {source.channels:,} channels at {source.sample_rate:,} Hz; expected 1 to "
            f"{CHANNELS[-1]} channels at {SAMPLE_RATES[0]:,} to {SAMPLE_RATES[-1]:,} Hz",
        )
    if problem:
        source.close()
        raise problem
    return source


def _unreadable(name: str, why: object) -> AudioFileError:
    why = why.strerror if isinstance(why, OSError) and why.strerror else why
    return AudioFileError(f"{name}: cannot be read: {why}. Check or replace the file.", reason="unreadable")


def _truncated(name: str, what: str) -> AudioFileError:
    return AudioFileError(f"{name}: cut short: {what}. Copy or download it again.", reason="truncated")
