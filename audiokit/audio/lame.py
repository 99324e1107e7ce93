"""MP3 by LAME itself: the copy inside FFmpeg's wheels is built without the processor's vector units, 3.6 x slower.

LAME makes the frames; FFmpeg's muxer writes them into a file, with tags, cover, and the Info frame that tells players
how much silence LAME put around the sound.
"""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from audiokit.audio.encoders import FfmpegEncoder, as_integers
from audiokit.audio.mpeg import mpeg_length

if TYPE_CHECKING:
    from av.packet import Packet

    from audiokit.audio.buffer import Samples
    from audiokit.audio.formats import Encoding, FileFormat

QUALITY = 5  # of LAME's 0..9; what FFmpeg and pydub use when nothing is said
LAME_DELAY = 1105  # samples of silence before the sound: 576 of the encoder, 529 of every decoder (LAME's tag format)
_SKIP = struct.Struct("<IIBB")  # FFmpeg's AV_PKT_DATA_SKIP_SAMPLES: samples to skip at the start and at the end
HELD_FRAMES = 1  # the last MPEG frame is held back: only it can tell how much of it is sound


def lame_is_here() -> bool:
    """Tell whether LAME's own package is installed: there is none for Alpine Linux."""
    return find_spec("lameenc") is not None


class LameEncoder(FfmpegEncoder):
    """Encodes MP3 by LAME; FFmpeg writes the file."""

    def __init__(
        self, sink: io.RawIOBase, target: FileFormat, sample_rate: int, channels: int, encoding: Encoding
    ) -> None:
        import lameenc

        super().__init__(sink, target, sample_rate, channels, encoding, {})
        self._lame = lameenc.Encoder()
        self._lame.silence()
        self._lame.set_quality(QUALITY)
        self._lame.set_channels(channels)
        self._lame.set_in_sample_rate(sample_rate)
        self._lame.set_out_sample_rate(sample_rate)
        self._lame.set_bit_rate(self._stream.bit_rate // 1000)
        self._frame_samples = 1152 if sample_rate >= 32_000 else 576
        self._rest = bytearray()
        self._channels = channels
        self._note = self._padding_note()
        self._frames = self._samples = 0

    def push(self, samples: Samples) -> None:
        """Encode the next samples."""
        integers = (as_integers(samples, 16) >> 16).astype("<i2")
        self._samples += len(samples)
        self._rest += self._lame.encode(integers.tobytes())
        self._mux(keep=HELD_FRAMES)

    def finish(self) -> None:
        """Encode what was held back, and write what belongs at the end."""
        self._rest += self._lame.flush()
        self._mux(keep=0)
        self._file.close()

    def _mux(self, keep: int) -> None:
        """Hand all whole MPEG frames but the last `keep` to the muxer."""
        at, lengths = 0, []
        while length := mpeg_length(bytes(self._rest[at : at + 4])):
            if at + length > len(self._rest):
                break
            lengths.append(length)
            at += length
        at = 0
        for length in lengths[: max(0, len(lengths) - keep)]:
            is_last = not keep and at + length == len(self._rest)
            self._file.mux(self._packet(bytes(self._rest[at : at + length]), is_last))
            at += length
        del self._rest[:at]

    def _packet(self, frame: bytes, is_last: bool) -> Packet[Any]:
        from av.packet import Packet

        packet = Packet(frame)
        packet.stream, packet.time_base = self._stream, Fraction(1, self._rate)
        packet.pts = packet.dts = self._frames * self._frame_samples - LAME_DELAY
        packet.duration = self._frame_samples
        packet.is_keyframe = True
        is_first = not self._frames
        self._frames += 1
        silence = self._frames * self._frame_samples - LAME_DELAY - self._samples
        if is_first or is_last:
            self._note.update(_SKIP.pack(LAME_DELAY if is_first else 0, silence if is_last else 0, 0, 0))
            packet.set_sidedata(self._note)
        return packet

    def _padding_note(self) -> Any:
        """Get a note of how much of a packet is padding from FFmpeg's own encoder; PyAV makes none, but changes one."""
        import av

        silence = np.zeros((1, self._frame_samples * self._channels), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, self._kind, self._layout)
        frame.pts, frame.sample_rate, frame.time_base = 0, self._rate, Fraction(1, self._rate)
        first = [*self._stream.encode(frame), *self._stream.encode(None)][0]
        return first.get_sidedata("skip_samples")
