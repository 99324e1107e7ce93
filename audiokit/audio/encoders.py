"""Samples into the bytes of a format: libsndfile for FLAC, AIFF and Vorbis, FFmpeg's libraries for all others.

Integers are those of `audiokit.dsp.quantize`: what was read from 16 bits is written to 16 bits as it was.
"""

from __future__ import annotations

import io
from contextlib import suppress
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from audiokit.audio.buffer import Samples
from audiokit.audio.formats import Encoding, FileFormat
from audiokit.audio.tags import describe

BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "ULAW": 16, "ALAW": 16}
PCM_CODECS = {  # for each sample format of a WAV: FFmpeg's encoder and the samples it takes
    "PCM_U8": ("pcm_u8", "u8"),
    "PCM_16": ("pcm_s16le", "s16"),
    "PCM_24": ("pcm_s24le", "s32"),
    "PCM_32": ("pcm_s32le", "s32"),
    "FLOAT": ("pcm_f32le", "flt"),
    "DOUBLE": ("pcm_f64le", "dbl"),
    "ULAW": ("pcm_mulaw", "s16"),
    "ALAW": ("pcm_alaw", "s16"),
}
BITS_PER_SAMPLE = {"aac": 2.0, "libmp3lame": 2.2, "libopus": 1.4}  # 88, 97 and 67 kbit/s a channel: good for music too
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 7: "6.1", 8: "7.1"}
TIMELESS = ("fflags", "+bitexact")  # no name and version of the muxer: the same sound gives the same bytes


class Encoder(Protocol):
    """What turns samples into the bytes of a format."""

    def push(self, samples: Samples) -> None:
        """Encode the next samples, all within [-1, 1]."""

    def finish(self) -> None:
        """Encode what was held back, and write what belongs at the end."""

    def close(self) -> None:
        """Let go, finished or not."""


class SndfileEncoder:
    """Encodes by libsndfile."""

    def __init__(
        self, sink: io.RawIOBase, target: FileFormat, sample_rate: int, channels: int, encoding: Encoding
    ) -> None:
        self._subtype = encoding.subtype or next(iter(target.subtypes))
        self._file = soundfile.SoundFile(sink, "w", sample_rate, channels, self._subtype, format=target.sndfile)

    def push(self, samples: Samples) -> None:
        """Encode the next samples."""
        bits = BITS.get(self._subtype)
        self._file.write(as_integers(samples, bits) if bits else samples)

    def finish(self) -> None:
        """Write what belongs at the end."""
        self._file.close()

    def close(self) -> None:
        """Let go of the encoder."""
        self._file.close()


class FfmpegEncoder:
    """Encodes by FFmpeg's libraries.

    Parameters
    ----------
    options : for the muxer, beside those of the format.
    """

    def __init__(
        self,
        sink: io.RawIOBase,
        target: FileFormat,
        sample_rate: int,
        channels: int,
        encoding: Encoding,
        options: dict[str, str],
    ) -> None:
        import av

        subtype = None if target.codec else encoding.subtype or "PCM_16"
        codec, self._kind = PCM_CODECS[subtype] if subtype else (str(target.codec), "flt")
        self._bits = BITS.get(subtype or "")
        self._rate, self._start = sample_rate, 0
        self._layout = LAYOUTS.get(channels, f"{channels}c")
        self._file = av.open(
            sink, "w", format=target.muxer, container_options=dict([*target.options, TIMELESS]) | options
        )
        stream: Any = self._file.add_stream(codec, rate=sample_rate, layout=self._layout)
        if target.codec:
            stream.bit_rate = encoding.bitrate_bps or round(BITS_PER_SAMPLE[codec] * sample_rate * channels)
        self._stream = stream
        describe(self._file, target, encoding)

    def push(self, samples: Samples) -> None:
        """Encode the next samples."""
        import av

        array: NDArray[Any] = samples
        if self._bits:
            array = as_integers(samples, self._bits)
            if self._kind == "s16":
                array = (array >> 16).astype(np.int16)
            elif self._kind == "u8":
                array = ((array >> 24) + 128).astype(np.uint8)
        elif self._kind == "dbl":
            array = samples.astype(np.float64)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(array).reshape(1, -1), self._kind, self._layout)
        # A start of 0 makes the encoder's delay known to players, which then leave it out.
        frame.pts, frame.sample_rate, frame.time_base = self._start, self._rate, Fraction(1, self._rate)
        self._start += len(samples)
        self._file.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Encode what was held back, and write what belongs at the end."""
        self._file.mux(self._stream.encode(None))
        self._file.close()

    def close(self) -> None:
        """Let go of the encoder."""
        from av import FFmpegError

        with suppress(FFmpegError, OSError):  # of a file that is given up
            self._file.close()


def as_integers(samples: Samples, bits: int) -> NDArray[np.int32]:
    """Round to whole steps of so many bits, clipped to what they hold, at the top of 32 bits."""
    full_scale = 2.0 ** (bits - 1)
    wide = samples if bits <= 24 else samples.astype(np.float64)  # float32 has no place for 2**31 - 1
    steps = np.rint(wide * wide.dtype.type(full_scale))
    np.clip(steps, -full_scale, full_scale - 1, out=steps)
    return steps.astype(np.int32) << (32 - bits)
