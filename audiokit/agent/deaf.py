"""`DeafSTT`: a recognizer for conversations that are typed, in which nothing is to be heard."""

from __future__ import annotations

from collections.abc import AsyncIterator

from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Transcript

NOTHING = Transcript(text="", is_final=True)


class DeafSTT:
    """Sound to no text: whatever comes is passed over, and costs nothing."""

    streaming = True

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        """Understand nothing."""
        async for chunk in chunks:
            if not len(chunk.samples):
                yield NOTHING
        yield NOTHING
