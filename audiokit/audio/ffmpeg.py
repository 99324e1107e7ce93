"""Compressed recordings and video through FFmpeg's libraries.

Measured on one core against libsndfile: mp3 and FLAC as fast, Opus three times as fast. A damaged packet costs that
packet, where libsndfile gives up, and libmpg123 would print to standard error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Samples
from audiokit.audio.contents import container_name
from audiokit.audio.header_length import has_unusable_size
from audiokit.audio.mp4 import has_plain_edits
from audiokit.audio.mpeg import MpegStart, mpeg_start
from audiokit.audio.places import read_at, size_of
from audiokit.audio.source import DecodingError, Source

if TYPE_CHECKING:
    from av import AudioFrame, AudioStream
    from av.container import InputContainer

# Containers of sound and video, and no other: playlists could make FFmpeg open other files and addresses, and images,
# subtitles and raw data would pass for recordings.
DEMUXERS = (
    "3g2,3gp,aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,loas,m4a,matroska,mj2,mov,mp3,mp4,mpc,mpeg,"
    "mpegts,nistsphere,ogg,rm,tak,tta,voc,w64,wav,webm,wv"
)
PROTECTED_TAGS = ("drms", "enca", "aavd")  # FairPlay, Common Encryption, Audible
ASF_HEADER_BYTES = 8192
ASF_ENCRYPTION = (  # the Content Encryption and Extended Content Encryption objects, ASF specification 3.14 and 3.15
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
LARGE_BYTES = 64 << 20  # over an hour of sound
SPARE_MPEG_FRAMES = 2  # some encoders count the frame that holds the header, some decoders drop the first
PLANAR_KINDS = {name: np.dtype(kind) for name, kind in zip(
    ("u8p", "s16p", "s32p", "fltp", "dblp"), ("u1", "i2", "i4", "f4", "f8"), strict=True
)}  # fmt: skip
MICROSECONDS = 1_000_000  # FFmpeg's unit for the length of a container


class FfmpegSource(Source):
    """The first audio stream of whatever FFmpeg reads.

    Raises
    ------
    DecodingError : FFmpeg does not know this file or cannot decode anything of it, or there is no sound, or a lock.
    """

    def __init__(self, file: BinaryIO) -> None:
        head = read_at(file, 0, ASF_HEADER_BYTES)
        self._has_unusable_size, self._damaged_packets = has_unusable_size(file), 0
        self._container = _opened(file, ignore_length=self._has_unusable_size)
        try:
            self._stream = _audio_stream(self._container, head)
            has_video = _has_video(self._container)
            self.format = container_name(head, self._container.format.name, has_video=has_video)
            self.expected_s = self._claimed_s()
            start = _mpeg_start(file) if self.format == "mp3" else None
            self.codec = self._stream.codec_context.codec.canonical_name
            self._frames = self._decoded()
            # One frame ahead: only that tells the real rate and channels (HE-AAC), and whether there is any sound.
            self._first = next(self._frames, None)
            self._describe(start)
        except BaseException:
            self._container.close()
            raise

    def _describe(self, start: MpegStart | None) -> None:
        first, context = self._first, self._stream.codec_context
        self.is_empty = first is None
        self.sample_rate = first.sample_rate if first else 0
        self.channels = first.layout.nb_channels if first else 0
        self.bit_depth = _bit_depth(self.codec, context.extradata or b"", first)
        self.least_frames = _flac_frames(context.extradata or b"") if self.format == "flac" else 0
        if start and start.promised_frames:
            # Better than FFmpeg's guess from the bit rate when junk lies before the header.
            self.expected_s = start.promised_frames / start.sample_rate
            self.least_frames = start.promised_frames - SPARE_MPEG_FRAMES * start.frame_samples
        if first is None and self.least_frames:
            raise DecodingError("its header promises more", reason="truncated")
        if first is None and self._damaged_packets:
            raise DecodingError("not one packet is whole", reason="unreadable")

    def _claimed_s(self) -> float | None:
        if self._has_unusable_size:
            return None
        if self._stream.duration is not None and self._stream.time_base:
            return float(self._stream.duration * self._stream.time_base)
        return self._container.duration / MICROSECONDS if self._container.duration else None

    def _decoded(self) -> Iterator[AudioFrame]:
        from av import FFmpegError

        try:
            for packet in self._container.demux(self._stream):
                try:
                    frames = packet.decode()
                except (FFmpegError, ValueError):  # ValueError: PyAV 19, once its decoder could not be opened
                    self._damaged_packets += 1  # what follows is as good as before
                    continue
                yield from frames
        except FFmpegError as error:
            raise DecodingError(error.strerror or str(error), reason="unreadable") from error

    def blocks(self, frames: int) -> Iterator[Samples]:
        """Decode block by block."""
        from av import AudioFifo, FFmpegError

        if self._first is None:
            return
        fifo, time_base, failure = AudioFifo(), self._first.time_base, None
        try:
            for frame in _uniform(self._first, self._frames):
                frame.pts, frame.time_base = None, time_base  # a gap in time is no reason to stop
                fifo.write(frame)
                while (whole := fifo.read(frames)) is not None:
                    yield _interleaved(whole)
        except (DecodingError, FFmpegError) as error:
            failure = error
        if (rest := fifo.read(partial=True)) is not None:
            yield _interleaved(rest)
        if failure:
            raise DecodingError(str(failure), reason="unreadable") from failure

    def close(self) -> None:
        """Let go of the decoder."""
        self._container.close()


class _Feed:
    """What FFmpeg reads from: a place that cannot be is answered, for PyAV prints what is raised there."""

    def __init__(self, file: BinaryIO) -> None:
        self.is_seekable = True
        self.read, self.tell, self._seek = file.read, file.tell, file.seek

    def seekable(self) -> bool:
        return self.is_seekable

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._seek(offset, whence)
        except (OSError, ValueError):
            return -1


def open_container(source: object, options: dict[str, str]) -> InputContainer:
    """Open for reading; tags in no known charset are no reason to fail."""
    import av

    # PyAV 19 always keeps the odd bytes of a tag; before, it had to be asked to.
    tolerance: dict[str, Any] = {} if int(av.__version__.partition(".")[0]) >= 19 else {"metadata_errors": "replace"}
    container: InputContainer = av.open(source, "r", options=options, **tolerance)
    return container


def _opened(file: BinaryIO, *, ignore_length: bool) -> InputContainer:
    import av

    options = {"format_whitelist": DEMUXERS}
    source = _Feed(file)
    if ignore_length:
        # As from a pipe: FFmpeg does not look for chunks in the sound then.
        options["ignore_length"], source.is_seekable = "1", False
    if size_of(file) > LARGE_BYTES and has_plain_edits(file):
        # FFmpeg would write its index of all packets anew while both are in memory, with the same result: 66 MB for
        # a book of 12 hours.
        options["advanced_editlist"] = "0"
    file.seek(0)
    try:
        container = open_container(source, options)
    except av.FFmpegError as error:
        if start := mpeg_start(file):  # FFmpeg does not know an mp3 by two or three frames
            is_cut = (start.promised_bytes or 0) > size_of(file)
            reason = "truncated" if is_cut else "unreadable"
            raise DecodingError("only a few MPEG audio frames", reason=reason) from error
        raise DecodingError(error.strerror or str(error)) from error
    return container


def _mpeg_start(file: BinaryIO) -> MpegStart:
    """Look for MPEG frames without moving the file under FFmpeg's feet."""
    at = file.tell()
    start = mpeg_start(file)
    file.seek(at)
    if start is None:
        raise DecodingError("no chain of MPEG audio frames")
    return start


def _audio_stream(container: InputContainer, head: bytes) -> AudioStream:
    if not container.streams.audio:
        kinds = " and ".join(sorted({stream.type for stream in container.streams}))
        if kinds:
            raise DecodingError(f"no sound in it, only {kinds}", reason="no audio stream")
        raise DecodingError("a header with nothing behind it", reason="unreadable")
    stream = container.streams.audio[0]
    context = stream.codec_context
    if context is None:
        raise DecodingError("its coding is unknown", reason="unreadable")
    tag = _tag(stream)
    if tag in PROTECTED_TAGS or any(guid in head for guid in ASF_ENCRYPTION):
        raise DecodingError(f"locked by copy protection ({tag.strip() or 'DRM'})", reason="protected")
    return stream


def _tag(stream: AudioStream) -> str:
    try:
        return stream.codec_context.codec_tag
    except UnicodeDecodeError:  # four bytes that are no letters
        return ""


def _has_video(container: InputContainer) -> bool:
    """Tell moving pictures from cover art."""
    from av.stream import Disposition

    return any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video)


def _uniform(first: AudioFrame, rest: Iterable[AudioFrame]) -> Iterator[AudioFrame]:
    """Convert frames to the rate, channels and sample format of the first, should a stream change them."""
    from av import AudioResampler

    channels = first.layout.nb_channels
    # PyAV 18 looks for one plane more than a planar frame of 8 channels has, and crashes on what it finds.
    kind = "flt" if first.format.is_planar and channels > 7 else first.format.name
    wanted = current = (first.sample_rate, channels, kind)
    converter: AudioResampler | None = None
    for frame in chain([first], rest):
        found = (frame.sample_rate, frame.layout.nb_channels, frame.format.name)
        if found != current:
            yield from converter.resample(None) if converter else ()
            current = found
            converter = None if found == wanted else AudioResampler(kind, first.layout, first.sample_rate)
        yield from converter.resample(frame) if converter else (frame,)
    yield from converter.resample(None) if converter else ()


def _interleaved(frame: AudioFrame) -> Samples:
    """Give (frames, channels) float32 in [-1, 1]."""
    kind = PLANAR_KINDS.get(frame.format.name)
    if kind is None:
        array: NDArray[Any] = frame.to_ndarray().reshape(frame.samples, -1)
        samples: Samples = array.astype(np.float32, copy=False)
        kind = array.dtype
    else:  # channel by channel out of FFmpeg's memory: a third of the time of PyAV's way
        samples = np.empty((frame.samples, len(frame.planes)), np.float32)
        for channel, plane in enumerate(frame.planes):
            samples[:, channel] = np.frombuffer(memoryview(plane), kind, frame.samples)
    if kind.kind == "f":
        return samples
    if kind == np.uint8:
        samples -= np.float32(128)
    samples *= np.float32(2.0 ** (1 - 8 * kind.itemsize))
    return samples


def _bit_depth(codec: str, setup: bytes, first: AudioFrame | None) -> int | None:
    if codec == "flac" and len(setup) >= 18:
        return ((int.from_bytes(setup[12:14], "big") >> 4) & 31) + 1  # STREAMINFO
    if codec == "alac" and len(setup) >= 18:
        return setup[17]
    return 8 * first.format.bytes if first and codec.startswith("pcm_") else None


def _flac_frames(setup: bytes) -> int:
    """Read the length that STREAMINFO promises, in frames; 0 when it promises none."""
    return int.from_bytes(setup[13:18], "big") & (2**36 - 1)
