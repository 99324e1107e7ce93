"""Speech to the loudspeaker, as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from audiokit.audio.buffer import Samples
from audiokit.audio.chunk import AudioChunk
from audiokit.audio.devices import Speaker
from audiokit.audio.resample import Resampler
from audiokit.errors import ConfigError

AHEAD_S = 2.0  # handed to the device before it is heard
STUCK_S = 5.0  # a device that plays nothing for so long was pulled out


async def play_aloud(chunks: AsyncIterator[AudioChunk], device: str | int | None = None) -> float:
    """Play a stream to its end; give how many seconds it lasted.

    Parameters
    ----------
    chunks : mono, all of one rate.
    device : number or name of the loudspeaker; None: the system's.

    Raises
    ------
    ConfigError : no such device, it does not open, or it stops playing.
    MissingDependencyError : sounddevice or PortAudio is not installed.
    """
    listener = _Listener()
    resampler: Resampler | None = None
    with Speaker(device, on_played=listener.note) as speaker:
        async for chunk in chunks:
            resampler = resampler or Resampler(chunk.sample_rate, speaker.sample_rate)
            listener.hand(speaker, resampler.push(chunk.samples))
            await listener.wait(AHEAD_S)
        if resampler:
            listener.hand(speaker, resampler.flush())
        await listener.wait(0.0)
    return listener.given / speaker.sample_rate


class _Listener:
    """Knows what a loudspeaker was given, and what of it was heard."""

    def __init__(self) -> None:
        self.given = 0
        self._sample_rate, self._heard_s = 1, 0.0
        self._news = asyncio.Event()

    def note(self, turn_id: int, played_s: float) -> None:
        self._heard_s = played_s
        self._news.set()

    def hand(self, speaker: Speaker, samples: Samples) -> None:
        self._sample_rate = speaker.sample_rate
        self.given += len(samples)
        speaker.play(AudioChunk(samples, speaker.sample_rate), 0)

    async def wait(self, ahead_s: float) -> None:
        """Wait until no more than `ahead_s` is still to be heard."""
        while self.given / self._sample_rate - self._heard_s > ahead_s + 0.5 / self._sample_rate:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), STUCK_S)
            except TimeoutError:
                raise ConfigError("the loudspeaker plays nothing any more. Is it still there?") from None
