"""Uncompressed recordings and plain Ogg Vorbis through libsndfile.

Nothing decodes PCM faster. Vorbis would be twice as fast through FFmpeg, but up to 1,000 frames too long or too short.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import soundfile

from audiokit.audio.buffer import Samples
from audiokit.audio.source import DecodingError, Source

UNKNOWN_FRAMES = 2**63 - 1  # SF_COUNT_MAX
BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 64}


class LibsndfileSource(Source):
    """A recording that libsndfile reads.

    Raises
    ------
    DecodingError : libsndfile does not know this file.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        try:
            # By descriptor: no name to judge the content by, and no callback into Python for every 8 KiB.
            self._file = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.LibsndfileError as error:
            raise DecodingError(error.error_string) from error
        self.sample_rate = self._file.samplerate
        self.channels = self._file.channels
        self.format = self._file.format.lower().removesuffix("ex")  # WAVEX is a WAV as well
        self.codec = self._file.subtype.lower()
        self.bit_depth = BITS.get(self._file.subtype)
        frames = self._file.frames
        self.expected_s = frames / self.sample_rate if frames < UNKNOWN_FRAMES else None
        self.least_frames = 0  # libsndfile counts what is there, not what was promised
        self.is_empty = frames == 0

    def blocks(self, frames: int) -> Iterator[Samples]:
        """Decode block by block."""
        while True:
            try:
                block: Samples = self._file.read(frames, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                raise DecodingError(error.error_string, reason="unreadable") from error
            if len(block):
                yield block
            if len(block) < frames:
                return

    def close(self) -> None:
        """Let go of the decoder."""
        self._file.close()
