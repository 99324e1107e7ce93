"""What a client can mean, whatever language it speaks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from audiokit.audio.chunk import AudioChunk

Message: TypeAlias = str | bytes
"""One WebSocket message: text or binary."""

Container: TypeAlias = Literal["webm", "ogg"]
"""Kinds of stream that are decoded as they come."""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A piece of the microphone."""

    chunk: AudioChunk


@dataclass(frozen=True, slots=True)
class Encoded:
    """A piece of a compressed stream."""

    data: bytes
    container: Container


@dataclass(frozen=True, slots=True)
class Typed:
    """Words instead of speech."""

    text: str


@dataclass(frozen=True, slots=True)
class Played:
    """How much of a turn's audio has been heard, in seconds."""

    turn_id: int
    played_s: float


@dataclass(frozen=True, slots=True)
class Reply:
    """The client wants this back, now."""

    message: Message


@dataclass(frozen=True, slots=True)
class Goodbye:
    """The client wants to end."""


Input: TypeAlias = Heard | Encoded | Typed | Played | Reply | Goodbye


class Refusal(ValueError):  # noqa: N818  it is an answer to the client, not an error of ours
    """A message that makes no sense; the text tells its sender what was expected."""
