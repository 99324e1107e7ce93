"""`VoicePrint`: what the samples of a voice sound like, kept to judge its clone without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from audiokit.analysis.speaker import Spread, centre, similarity, spread
from audiokit.audio.files import read
from audiokit.cloning.material import Candidate, Material
from audiokit.contracts import Embedding, SpeakerEncoder
from audiokit.errors import SampleError

ENOUGH_S = 120.0  # of the best; more changes the mean no more
DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class VoicePrint:
    """The embedding of a voice, and how far its own samples lie from it."""

    encoder: str
    """Which one made it, by its name in the registry."""
    embedding: tuple[float, ...]
    """Of length 1."""
    median: float | None
    """Middle similarity of a sample to all others; None when there was one sample."""
    lowest: float | None
    """Of the sample least like the others."""

    @classmethod
    def of(cls, voice: Embedding, found: Spread | None, encoder: str) -> VoicePrint:
        """Round what a selection of samples found."""
        return cls(
            encoder=encoder,
            embedding=tuple(round(float(value), DIGITS) for value in voice),
            median=round(found.median, DIGITS) if found else None,
            lowest=round(found.lowest, DIGITS) if found else None,
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> VoicePrint:
        """Read what `asdict` gave."""
        return cls(**{**data, "embedding": tuple(data["embedding"])})

    def similarity(self, other: Embedding) -> float:
        """Compare with a voice, embedded by the same encoder; -1..1."""
        return similarity(np.array(self.embedding, np.float32), other)


def voice_print(material: Material, encoder: SpeakerEncoder, name: str) -> VoicePrint:
    """Listen to the best two minutes of recordings of one voice.

    Parameters
    ----------
    material : recordings of one voice.
    encoder : what listens.
    name : the encoder's, in the registry.

    Raises
    ------
    SampleError : there is nothing to hear.
    """
    best: list[Candidate] = []
    for clip in sorted(material.candidates, key=lambda clip: -clip.quality):
        if sum(taken.duration_s for taken in best) < ENOUGH_S:
            best.append(clip)
    if not best:
        raise SampleError(f"{material.where}: no usable speech to compare a voice with. Give other recordings.")
    embeddings, lengths = encoder.embed_all([read(clip.path) for clip in best]), [clip.duration_s for clip in best]
    return VoicePrint.of(centre(embeddings, lengths), spread(embeddings), name)
