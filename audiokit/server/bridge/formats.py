"""The audio formats that a line may be agreed on."""

from __future__ import annotations

from dataclasses import dataclass

from audiokit.audio.chunk import AudioChunk
from audiokit.errors import ProviderError
from audiokit.server import mulaw

PCM_RATES = (8000, 16000, 22050, 24000, 44100, 48000)


@dataclass(frozen=True, slots=True)
class Format:
    """16-bit PCM at some rate, or the telephone's μ-law."""

    sample_rate: int
    """In Hz."""
    is_mulaw: bool = False
    """Whether a sample is a byte of μ-law."""

    def encode(self, chunk: AudioChunk) -> bytes:
        """Write a chunk, which has this rate already."""
        pcm = chunk.to_pcm16()
        return mulaw.encode(pcm) if self.is_mulaw else pcm

    def decode(self, data: bytes) -> AudioChunk:
        """Read a chunk; half a sample at the end is dropped."""
        pcm = mulaw.decode(data) if self.is_mulaw else data[: len(data) // 2 * 2]
        return AudioChunk.from_pcm16(pcm, self.sample_rate)


def format_named(name: str) -> Format:
    """Give the format that a vendor calls so.

    Raises
    ------
    ProviderError : one that we cannot speak.
    """
    kind, _, rate = name.partition("_")
    if kind == "pcm" and rate.isdecimal() and int(rate) in PCM_RATES:
        return Format(int(rate))
    if name == "ulaw_8000":
        return Format(mulaw.SAMPLE_RATE, is_mulaw=True)
    raise ProviderError(
        f"the agent wants its audio as {name!r}; expected ulaw_8000 or pcm_ with one of "
        f"{', '.join(map(str, PCM_RATES))}. Choose it in the agent's settings.",
        provider="elevenlabs",
    )
