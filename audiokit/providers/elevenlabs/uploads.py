"""Samples on their way to the vendor: read whole, so that every try sends them from their beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from audiokit.contracts import SampleRequirements
from audiokit.errors import SampleError

TYPES = MappingProxyType(
    {
        "wav": "audio/wav",
        "flac": "audio/flac",
        "mp3": "audio/mpeg",
        "m4a": "audio/mp4",
        "ogg": "audio/ogg",
        "opus": "audio/ogg",
        "webm": "audio/webm",
    }
)
FORMATS = tuple(TYPES)
"""What may be sent, the best first."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One file."""

    name: str
    """Its name, without a folder."""
    data: bytes
    """All of it."""

    @property
    def part(self) -> tuple[str, bytes, str]:
        """It as a part of a form, as the SDK takes it."""
        return self.name, self.data, TYPES[extension(self.name)]


def extension(name: str) -> str:
    """Give the extension of a file's name, in lower case and without the dot."""
    return Path(name).suffix[1:].lower()


def read_uploads(paths: Sequence[Path], requirements: SampleRequirements) -> list[Upload]:
    """Read samples.

    Raises
    ------
    SampleError : none, too many, or one that `read_upload` refuses.
    """
    if not 1 <= len(paths) <= requirements.max_files:
        raise SampleError(
            f"{len(paths)} samples; ElevenLabs takes 1 to {requirements.max_files} files. Join or choose some."
        )
    return [read_upload(Path(path), requirements.max_bytes) for path in paths]


def read_upload(path: Path, max_bytes: int) -> Upload:
    """Read one sample.

    Raises
    ------
    SampleError : missing, empty, larger than `max_bytes`, or of no known format.
    """
    if extension(path.name) not in TYPES:
        raise SampleError(f"{path.name}: ElevenLabs takes {', '.join(FORMATS)}. Convert it to one of them.")
    try:
        size = path.stat().st_size
        if not 0 < size <= max_bytes:
            raise SampleError(
                f"{path.name}: {size:,} bytes; ElevenLabs takes 1 to {max_bytes:,} a file. Cut it, or send it as mp3."
            )
        return Upload(path.name, path.read_bytes())
    except OSError as error:
        raise SampleError(f"{path.name}: cannot be read: {error.strerror or error}. Check the path.") from error
