"""`MuteTTS`: a voice that nobody hears, for conversations that are read."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np

from audiokit.contracts import SpeechChunk, Voice

MOMENT_S = 0.01  # enough for a clause to have been played


class MuteTTS:
    """Text to no speech: each clause takes a moment of silence, and costs nothing."""

    sample_rate = 24_000
    encoding = "pcm_s16le"
    settings_key = '["mute", 1]'

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Be silent for a moment."""
        yield SpeechChunk(np.zeros((round(MOMENT_S * self.sample_rate), 1), np.float32), self.sample_rate)
