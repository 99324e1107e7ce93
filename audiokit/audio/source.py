"""What a decoder tells and gives, whichever library it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from audiokit.audio.buffer import Samples


class DecodingError(Exception):
    """A decoder cannot open a file or cannot go on; never leaves `audiokit.audio`.

    Parameters
    ----------
    detail : what was found, without the file's name.
    reason : as in AudioFileError, when it is certain; empty when another decoder may know better.
    """

    def __init__(self, detail: str, *, reason: str = "") -> None:
        super().__init__(detail)
        self.reason = reason


class Source(ABC):
    """An opened recording. A subclass sets every attribute when it opens a file."""

    sample_rate: int
    """In Hz, as decoded."""
    channels: int
    """How many channels."""
    format: str
    """Container, such as "wav"."""
    codec: str
    """Coding inside it, such as "aac"."""
    bit_depth: int | None
    """Bits of a sample; None for lossy codecs."""
    expected_s: float | None
    """What the header claims or the size suggests, in seconds: an estimate."""
    least_frames: int
    """Fewer decoded frames than these mean that the end is missing."""
    is_empty: bool
    """Not one frame can be decoded."""

    @abstractmethod
    def blocks(self, frames: int) -> Iterator[Samples]:
        """Decode in order, once; all blocks but the last have the length asked for."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the decoder; the file stays open."""
