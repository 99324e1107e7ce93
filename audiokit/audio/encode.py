"""`open_writer`: audio into a file, piece by piece: all of it under its name, or nothing."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile

from audiokit.audio.buffer import Samples
from audiokit.audio.encoders import BITS, Encoder, FfmpegEncoder, SndfileEncoder
from audiokit.audio.formats import FORMATS, Encoding, FileFormat, cannot_write, check_encoding, check_sound, file_format
from audiokit.audio.lame import LameEncoder, lame_is_here
from audiokit.audio.tags import retag
from audiokit.errors import AudioFileError

BLOCK_FRAMES = 65536  # libsndfile's Vorbis encoder crashes when it gets minutes at once
WAV_LIMIT_BYTES = 2**32 - 2**16  # what its 32-bit sizes can tell, less the headers


class Writer:
    """An audio file that is being written: made by `open_writer`."""

    def __init__(self, path: Path, sink: _Sink | _Pipe, encoder: Encoder) -> None:
        self._path, self._sink, self._encoder = path, sink, encoder
        self.frames = 0
        """How many were written so far."""

    def write(self, samples: Samples) -> None:
        """Append samples of shape (frames, channels); values outside [-1, 1] are limited.

        Raises
        ------
        AudioFileError : no room, or the encoder refuses.
        """
        with _refusals(self._path, self._sink):
            for start in range(0, len(samples), BLOCK_FRAMES):
                self._encoder.push(np.clip(samples[start : start + BLOCK_FRAMES], -1.0, 1.0))
                self._sink.check()
        self.frames += len(samples)

    def finish(self) -> None:
        """Write the end; `open_writer` does it."""
        if not self.frames:
            raise cannot_write(self._path, "no sound to write; expected at least one frame.")
        with _refusals(self._path, self._sink):
            self._encoder.finish()
            self._sink.check()


@contextmanager
def open_writer(
    path: str | os.PathLike[str],
    sample_rate: int,
    channels: int,
    encoding: Encoding | None = None,
    *,
    frames: int | None = None,
) -> Iterator[Writer]:
    """Open a file to write; it takes its name when the `with` block ends well, and leaves no trace when it does not.

    Parameters
    ----------
    path : its extension gives the format: wav, flac, aiff, ogg, opus, mp3, m4a, aac, webm. Until it is whole, the file
        has `.part` behind its name. A file of the same name is replaced.
    sample_rate : in Hz.
    channels : of all pieces.
    encoding : sample format, bit rate, tags, cover; by default 16 bits, or a bit rate that does no harm to music.
    frames : how many will come, if that is known; if not, a WAV is written so that it can grow beyond 4 GB.

    Raises
    ------
    AudioFileError : an unknown extension, a format that cannot hold this audio, no room or no permission; the `reason`
        is "cannot write".
    """
    path, encoding = Path(path), encoding or Encoding()
    check_encoding(path, encoding)
    check_sound(path, sample_rate, channels, encoding)
    target = file_format(path)
    options = _wav_sizes(frames, channels, encoding) if target.muxer == "wav" else {}
    with _scratch(path, ".part") as part, _scratch(path, ".tagged.part") as tagged:
        with _Sink(part, path) as sink:
            with _refusals(path, sink):
                encoder = _encoder(sink, target, sample_rate, channels, encoding, options)
            with closing(encoder):
                yield (writer := Writer(path, sink, encoder))
                writer.finish()
            if target.sndfile and (encoding.tags or encoding.cover):
                with _Sink(tagged, path) as copy, _refusals(path, copy):
                    retag(sink, copy, target, encoding)
                    copy.check()
                os.replace(tagged, part)
        with _told(path):
            os.replace(part, path)


@contextmanager
def open_pipe_writer(
    file: BinaryIO, sample_rate: int, channels: int, encoding: Encoding | None = None
) -> Iterator[Writer]:
    """Open a WAV of unknown length on a pipe, such as standard output; the pipe stays open.

    Raises
    ------
    AudioFileError : what a WAV cannot hold.
    OSError : nobody reads the other end.
    """
    name, encoding = Path("-.wav"), encoding or Encoding()
    check_encoding(name, encoding)
    sink = _Pipe(file)
    with closing(_encoder(sink, FORMATS["wav"], sample_rate, channels, encoding, {})) as encoder:
        yield (writer := Writer(name, sink, encoder))
        writer.finish()
    file.flush()


class _Sink(io.FileIO):
    """A file that keeps its first error for later: the libraries that write to it would lose or print it."""

    def __init__(self, part: Path, path: Path) -> None:
        self._path = path
        self._error: OSError | None = None
        with _told(path):
            super().__init__(part, "w+b")

    def write(self, data: Any) -> int:
        view = memoryview(data)
        try:
            done = 0 if self._error is None else len(view)
            while done < len(view):
                done += super().write(view[done:]) or 0
        except OSError as error:
            self._error = error
        return len(view)

    def check(self) -> None:
        """Raise what went wrong so far."""
        if self._error is not None:
            with _told(self._path):
                raise self._error


class _Pipe(io.RawIOBase):
    """A file that can only be written to, once, and keeps its first error for later."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._error: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        try:
            if self._error is None:
                self._file.write(bytes(data))
        except OSError as error:
            self._error = error
        return len(data)

    def check(self) -> None:
        """Raise what went wrong so far."""
        if self._error is not None:
            raise self._error


def _encoder(
    sink: io.RawIOBase,
    target: FileFormat,
    sample_rate: int,
    channels: int,
    encoding: Encoding,
    options: dict[str, str],
) -> Encoder:
    if target.sndfile:
        return SndfileEncoder(sink, target, sample_rate, channels, encoding)
    if target.codec == "libmp3lame" and lame_is_here():
        return LameEncoder(sink, target, sample_rate, channels, encoding)
    return FfmpegEncoder(sink, target, sample_rate, channels, encoding, options)


def _wav_sizes(frames: int | None, channels: int, encoding: Encoding) -> dict[str, str]:
    """Tell FFmpeg whether 64-bit sizes are needed: perhaps, surely, or not."""
    if frames is None:
        return {"rf64": "auto"}
    size_bytes = frames * channels * BITS.get(encoding.subtype or "PCM_16", 64) // 8
    return {"rf64": "always"} if size_bytes > WAV_LIMIT_BYTES else {}


@contextmanager
def _scratch(path: Path, ending: str) -> Iterator[Path]:
    """Name a file in the same folder that is gone when something goes wrong."""
    scratch = path.with_name(f"{path.name}{ending}")
    try:
        yield scratch
    except BaseException:
        with suppress(OSError):  # in a folder that is none; the error on its way says so
            scratch.unlink(missing_ok=True)
        raise


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say which file an error of the operating system is about, and what to do."""
    try:
        yield
    except OSError as error:
        why = f"cannot be written: {error.strerror or error}. Check the folder, its permissions and room."
        raise AudioFileError(f"{path}: {why}", reason="cannot write") from error


@contextmanager
def _refusals(path: Path, sink: _Sink | _Pipe) -> Iterator[None]:
    """Say which file an encoder's error is about; a disk that is full comes first."""
    import av

    try:
        yield
    except (av.FFmpegError, soundfile.LibsndfileError, ValueError) as error:
        sink.check()
        raise cannot_write(path, f"the encoder refuses this sound: {error}") from error
