"""Channels: how many there are, how they are balanced, and their phase."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from audiokit.audio.buffer import Audio, Samples, downmixed
from audiokit.dsp.levels import db_from_gain, gain_from_db
from audiokit.dsp.stage import Memoryless, run
from audiokit.errors import UsageError


class SetChannels(Memoryless):
    """Changes the number of channels of a stream; see `set_channels`.

    Parameters
    ----------
    target : how many channels it gives.
    channels : how many channels come.
    """

    def __init__(self, target: int, *, channels: int) -> None:
        if target < 1:
            raise ValueError(f"target is {target}; expected at least 1 channel")
        if channels not in (1, target) and target != 1:
            raise UsageError(
                f"the sound has {channels} channels and cannot become {target}; expected 1 or {channels}. "
                "Mix it to mono first."
            )
        super().__init__(target)
        self._target = target

    def push(self, samples: Samples) -> Samples:
        """Copy or mix the next samples."""
        if samples.shape[1] == self._target:
            return samples
        return downmixed(samples) if self._target == 1 else np.repeat(samples, self._target, axis=1)


def set_channels(audio: Audio, channels: int) -> Audio:
    """Copy mono to several channels, or mix several to their average.

    Raises
    ------
    UsageError : several channels shall become several others: nothing says what belongs where.
    """
    return audio if channels == audio.channels else run(SetChannels(channels, channels=audio.channels), audio)


class Pan(Memoryless):
    """Moves a stream of one or two channels to a side; gives two channels. See `pan`."""

    def __init__(self, position: float, *, channels: int) -> None:
        if not -1 <= position <= 1:
            raise ValueError(f"position is {position}; expected -1 (left) to 1 (right)")
        if channels > 2:
            raise UsageError(f"the sound has {channels} channels; only mono and stereo have a left and a right")
        super().__init__(2)
        # pydub's law: the far side falls to nothing, the near side rises by half of what two speakers would sum to.
        boost_db = abs(position) * db_from_gain(2.0)
        near, far = gain_from_db(boost_db / 2), max(0.0, 2.0 - gain_from_db(boost_db))
        self._gains = (near, far) if position < 0 else (far, near)

    def push(self, samples: Samples) -> Samples:
        """Weigh left and right of the next samples."""
        sides = zip((samples[:, 0], samples[:, -1]), self._gains, strict=True)
        return np.stack([side * np.float32(gain) for side, gain in sides], axis=1)


def pan(audio: Audio, position: float) -> Audio:
    """Move mono or stereo to a side by making the other side quieter and this one up to 3 dB louder.

    Parameters
    ----------
    audio : mono becomes stereo.
    position : -1 is left, 0 changes nothing, 1 is right.

    Raises
    ------
    UsageError : more than two channels.
    ValueError : a position beyond -1..1.
    """
    return run(Pan(position, channels=audio.channels), audio)


class Invert(Memoryless):
    """Turns the phase of a stream; see `invert_phase`."""

    def __init__(self, *, channels: int, only: Collection[int] | None = None) -> None:
        super().__init__(channels)
        self._chosen = list(range(channels) if only is None else only)
        if not set(self._chosen) <= set(range(channels)):
            raise UsageError(f"channels {self._chosen} shall be inverted; the sound has 0 to {channels - 1}")

    def push(self, samples: Samples) -> Samples:
        """Negate the chosen channels of the next samples."""
        if len(self._chosen) == samples.shape[1]:
            return -samples
        inverted = samples.copy()
        inverted[:, self._chosen] *= -1
        return inverted


def invert_phase(audio: Audio, *, only: Collection[int] | None = None) -> Audio:
    """Negate all channels, or `only` those named; the first is 0.

    Raises
    ------
    UsageError : a channel that is not there.
    """
    return run(Invert(channels=audio.channels, only=only), audio)


def split_to_mono(audio: Audio) -> list[Audio]:
    """Give each channel as an `Audio` of its own."""
    return [Audio(channel, audio.sample_rate) for channel in audio.samples.T]


def join_channels(parts: Sequence[Audio]) -> Audio:
    """Lay several pieces of mono side by side, the first one left.

    Raises
    ------
    ValueError : no part, parts of several rates or lengths, or a part that is not mono.
    """
    shapes = {(part.frames, part.channels, part.sample_rate) for part in parts}
    if len(shapes) != 1 or parts[0].channels != 1:
        raise ValueError(f"parts are {list(parts)}; expected mono, of one rate and one length")
    return Audio(np.concatenate([part.samples for part in parts], axis=1), parts[0].sample_rate)
