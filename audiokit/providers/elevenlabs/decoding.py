"""From the bytes of a stream, cut anywhere, to samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import AudioChunk
from audiokit.providers.elevenlabs.errors import unreadable

if TYPE_CHECKING:
    import av

SILENT: Samples = np.zeros((0, 1), np.float32)


class Decoder(Protocol):
    """Decodes one stream."""

    def push(self, data: bytes) -> Samples:
        """Take the next bytes; give what is ready, (frames, 1), perhaps nothing yet."""
        ...

    def flush(self) -> Samples:
        """End the stream; give the rest."""
        ...


def decoder_of(encoding: str, sample_rate: int) -> Decoder:
    """Open a decoder for "pcm_s16le" or "mp3"."""
    return PcmDecoder(sample_rate) if encoding == "pcm_s16le" else Mp3Decoder(sample_rate)


class PcmDecoder:
    """16-bit little-endian mono.

    Parameters
    ----------
    sample_rate : in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._sample_rate = sample_rate
        self._half = b""

    def push(self, data: bytes) -> Samples:
        """Take the next bytes; give all whole samples."""
        data = self._half + data
        whole = len(data) // 2 * 2
        self._half = data[whole:]
        return AudioChunk.from_pcm16(data[:whole], self._sample_rate).samples

    def flush(self) -> Samples:
        """End the stream.

        Raises
        ------
        ProviderError : it ended in the middle of a sample.
        """
        if self._half:
            raise unreadable("16-bit sound that ends in the middle of a sample")
        return SILENT


class Mp3Decoder:
    """MP3, by FFmpeg.

    Parameters
    ----------
    sample_rate : what the stream was asked to have, in Hz; another one is refused.
    """

    def __init__(self, sample_rate: int) -> None:
        import av

        self._sample_rate = sample_rate
        # The decoder named mp3 gives integers.
        self._codec = cast("av.AudioCodecContext", av.CodecContext.create("mp3float", "r"))
        self._came = False

    def push(self, data: bytes) -> Samples:
        """Take the next bytes; give the frames that are whole.

        Raises
        ------
        ProviderError : the bytes are no MP3, or one of another rate.
        """
        return self._decoded(data)

    def flush(self) -> Samples:
        """End the stream; give the rest.

        Raises
        ------
        ProviderError : as `push`.
        """
        rest = self._decoded(None)
        if not self._came:
            raise unreadable("sound that is no MP3")
        return rest

    def _decoded(self, data: bytes | None) -> Samples:
        import av

        try:
            # None ends a parser; an empty piece would too.
            packets = self._codec.parse(data) if data is None or data else []
            frames = [frame for packet in packets for frame in self._codec.decode(packet)]
        except av.error.FFmpegError as error:
            raise unreadable(f"sound that is no MP3 ({error.strerror})") from error
        pieces = [SILENT]
        for frame in frames:
            if frame.sample_rate != self._sample_rate:
                raise unreadable(f"MP3 of {frame.sample_rate} Hz instead of {self._sample_rate} Hz")
            self._came = True
            pieces.append(frame.to_ndarray().mean(axis=0, dtype=np.float32)[:, np.newaxis])
        return np.concatenate(pieces)
