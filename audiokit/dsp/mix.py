"""Several sounds into one: after another, over another; and a sound backwards."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.dsp.channels import set_channels
from audiokit.dsp.levels import gain_from_db
from audiokit.dsp.stage import Holdback, collect, nothing, pieces_of
from audiokit.errors import UsageError


class Join:
    """Puts streams of one rate and one number of channels after another, each over the end of the one before.

    Call `next_part` between two parts. Where a part is shorter than the crossfade, the crossfade is shortened to it.

    Parameters
    ----------
    crossfade_s : how long two parts overlap: one falls along a straight line while the other rises. In seconds.
    sample_rate : in Hz.
    channels : how many each part has.
    """

    def __init__(self, crossfade_s: float = 0.0, *, sample_rate: int, channels: int) -> None:
        if crossfade_s < 0:
            raise ValueError(f"crossfade_s is {crossfade_s}; expected 0 or more")
        self._frames = round(crossfade_s * sample_rate)
        self._last = Holdback(self._frames, channels=channels)
        self._outgoing = self._incoming = self._nothing = nothing(channels)

    def push(self, samples: Samples) -> Samples:
        """Take the next samples of this part; give what no later part can overlap."""
        if len(self._outgoing):
            self._incoming = np.concatenate([self._incoming, samples])
            if len(self._incoming) < len(self._outgoing):
                return self._nothing
            samples = self._meet()
        return self._last.push(samples)

    def next_part(self) -> Samples:
        """End this part, so that another can be pushed; give what is ready of this one."""
        rest = self.flush()
        ready = max(0, len(rest) - self._frames)
        self._outgoing = rest[ready:]
        return rest[:ready]

    def flush(self) -> Samples:
        """Give the rest of the last part."""
        return np.concatenate([self._last.push(self._meet()), self._last.take()])

    def _meet(self) -> Samples:
        """Lay the start of this part over the end of the one before."""
        outgoing, incoming = self._outgoing, self._incoming
        self._outgoing = self._incoming = self._nothing
        overlap = min(len(outgoing), len(incoming))
        alone = len(outgoing) - overlap
        rise = (np.arange(overlap) / max(overlap, 1)).astype(np.float32)[:, np.newaxis]
        both = outgoing[alone:] * (1 - rise) + incoming[:overlap] * rise
        return np.concatenate([outgoing[:alone], both, incoming[overlap:]])


def append(audio: Audio, *others: Audio, crossfade_s: float = 0.0) -> Audio:
    """Put sounds after another.

    All get the highest rate and the largest number of channels among them.

    Parameters
    ----------
    audio, others : in their order.
    crossfade_s : how long each overlaps the one before; the whole is shorter by as much for each joint.

    Raises
    ------
    UsageError : a crossfade longer than one of the sounds, or channels that cannot be matched.
    """
    parts = _matched(audio, *others)
    shortest = min(parts, key=lambda part: part.frames)
    if crossfade_s > shortest.duration_s:
        raise UsageError(f"a crossfade of {crossfade_s} s is longer than {shortest!r}; expected at most its length")
    join = Join(crossfade_s, sample_rate=parts[0].sample_rate, channels=parts[0].channels)

    def pieces() -> Iterator[Samples]:
        for part in parts:
            yield join.next_part()
            yield from map(join.push, pieces_of(part))
        yield join.flush()

    return collect(pieces(), parts[0].sample_rate, frames=sum(part.frames for part in parts))


def overlay(
    audio: Audio,
    other: Audio,
    *,
    position_s: float = 0.0,
    times: int = 1,
    loop: bool = False,
    gain_during_overlay_db: float = 0.0,
) -> Audio:
    """Play `other` over `audio`.

    The length is that of `audio`: what reaches beyond its end is left out. Both get the higher rate and the larger
    number of channels. Nothing is clipped: peaks may exceed 1.0, follow with `limit`.

    Parameters
    ----------
    audio : below.
    other : above.
    position_s : where `other` begins; negative counts from the end.
    times : how often `other` is played, without a pause.
    loop : play `other` until `audio` ends, whatever `times` says.
    gain_during_overlay_db : changes the level of `audio` as long as `other` plays; negative ducks it.

    Raises
    ------
    UsageError : channels that cannot be matched.
    ValueError : a negative number of times.
    """
    if times < 0:
        raise ValueError(f"times is {times}; expected 0 or more")
    below, above = _matched(audio, other)
    mixed = below.samples.copy()
    start = round(position_s * below.sample_rate)
    rest = mixed[max(0, start + below.frames if start < 0 else start) :]
    count = -(-len(rest) // max(above.frames, 1)) if loop else times
    rest = rest[: count * above.frames]
    if gain_during_overlay_db:
        rest *= np.float32(gain_from_db(gain_during_overlay_db))
    for first in range(0, len(rest), max(above.frames, 1)):
        place = rest[first : first + above.frames]
        place += above.samples[: len(place)]
    return Audio(mixed, below.sample_rate)


def reverse(audio: Audio) -> Audio:
    """Play backwards; each channel stays where it is."""
    # Frames as one piece each: 4 x as fast on stereo as pairs of samples.
    frames = audio.samples.view(np.dtype((np.void, 4 * audio.channels)))[::-1]
    return Audio(np.ascontiguousarray(frames).view(np.float32), audio.sample_rate)


def _matched(*parts: Audio) -> list[Audio]:
    sample_rate = max(part.sample_rate for part in parts)
    channels = max(part.channels for part in parts)
    return [set_channels(part.resample(sample_rate), channels) for part in parts]
