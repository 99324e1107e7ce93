"""Tempo without pitch, and pitch without tempo, by WSOLA: the sound is laid anew from its own short pieces.

Source
------
W. Verhelst, M. Roelands: An overlap-add technique based on waveform similarity (WSOLA) for high quality time-scale
modification of speech, ICASSP 1993.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.resample import Resampler
from audiokit.dsp.stage import Chain, nothing, run

HOP_S = 0.015  # one period of a low voice; longer pieces repeat or swallow consonants
TOLERANCE_S = 0.01  # to either side: together a little more than that period
SLOWEST, FASTEST = 0.25, 4.0  # beyond, pieces of 15 ms no longer make speech
MOST_SEMITONES = 12.0  # an octave
_SEARCH_RATE = 6000  # similarity is first looked for at about this rate, then refined at the full one
_STAY = 1e-3  # a place farther off must be that much more alike (of 1): silence is not moved about


class Speed:
    """Changes the tempo of a stream, not its pitch; see `time_stretch`. Holds back 55 ms at most.

    Parameters
    ----------
    speed : 2 is twice as fast.
    sample_rate, channels : of the stream.
    """

    def __init__(self, speed: float, *, sample_rate: int, channels: int) -> None:
        if not SLOWEST <= speed <= FASTEST:
            raise ValueError(f"speed is {speed}; expected {SLOWEST} to {FASTEST}")
        self._speed = speed
        self._hop = max(1, round(HOP_S * sample_rate))
        self._tolerance = round(TOLERANCE_S * sample_rate)
        self._decimation = max(1, sample_rate // _SEARCH_RATE)
        rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(self._hop) + 0.5) / self._hop)
        self._rise = rise.astype(np.float32)[:, np.newaxis]
        # Unequal weights: channels in opposite phase must not cancel out.
        self._weights = np.linspace(1, 0.5, channels, dtype=np.float32)
        self._held = nothing(channels)
        self._mixed = self._held @ self._weights
        self._first = 0  # place in the stream of what is held
        self._pushed = self._hops = 0
        self._next = 0  # place where the last piece would go on

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give what is ready."""
        self._pushed += len(samples)
        self._hold(samples)
        ready = [self._held[:0]]
        while self._wanted + self._tolerance + 2 * self._hop <= self._pushed:
            ready.append(self._laid())
        return np.concatenate(ready)

    def flush(self) -> Samples:
        """Give the rest; the length of all is that of the input, divided by the speed."""
        missing = round(self._pushed / self._speed) - self._hops * self._hop
        self._hold(np.zeros((2 * self._tolerance + 3 * self._hop, self._held.shape[1]), np.float32))
        rest = [self._laid() for _ in range(0, missing, self._hop)]
        return np.concatenate([self._held[:0], *rest])[: max(0, missing)]

    @property
    def _wanted(self) -> int:
        """Where the next piece, two hops long, would begin if it need not fit: its middle keeps the tempo."""
        return max(0, round((self._hops + 1) * self._hop * self._speed) - self._hop)

    def _hold(self, samples: Samples) -> None:
        """Add to what is held, and forget what no later piece needs."""
        needed = min(self._next, max(0, self._wanted - self._tolerance))
        forgotten, self._first = needed - self._first, needed
        self._held = np.concatenate([self._held[forgotten:], samples])
        self._mixed = np.concatenate([self._mixed[forgotten:], samples @ self._weights])

    def _laid(self) -> Samples:
        """Lay one piece over the end of the last; give what no later piece touches."""
        lowest = max(0, self._wanted - self._tolerance)
        around = self._mixed[lowest - self._first : self._wanted + self._tolerance + self._hop - self._first]
        going_on = self._mixed[self._next - self._first :][: self._hop]
        place = lowest + _most_alike(around, going_on, self._wanted - lowest, self._decimation)
        fading = self._held[self._next - self._first :][: self._hop]
        rising = self._held[place - self._first :][: self._hop]
        self._next = place + self._hop
        self._hops += 1
        laid: Samples = fading + (rising - fading) * self._rise
        return laid


class PitchShift:
    """Changes the pitch of a stream, not its tempo; see `pitch_shift`.

    Parameters
    ----------
    semitones : 12 is an octave up.
    sample_rate, channels : of the stream.
    """

    def __init__(self, semitones: float, *, sample_rate: int, channels: int) -> None:
        if not -MOST_SEMITONES <= semitones <= MOST_SEMITONES:
            raise ValueError(f"semitones is {semitones}; expected {-MOST_SEMITONES} to {MOST_SEMITONES}")
        played_rate = round(sample_rate * 2 ** (semitones / 12))  # off by 0.1 cent at 8 kHz
        speed = Speed(sample_rate / played_rate, sample_rate=sample_rate, channels=channels)
        self._chain = Chain([speed, Resampler(played_rate, sample_rate, channels)])
        self._missing = 0

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give what is ready."""
        ready = self._chain.push(samples)
        self._missing += len(samples) - len(ready)
        return ready

    def flush(self) -> Samples:
        """Give the rest."""
        rest = self._chain.flush()[: self._missing]
        return np.pad(rest, ((0, self._missing - len(rest)), (0, 0)))  # two roundings of the length may lose a frame


def time_stretch(audio: Audio, speed: float) -> Audio:
    """Play faster or slower at the same pitch.

    Made for voices: each piece is laid where it continues the one before, so that periods stay whole. Channels stay
    together. At 1.0 nothing changes.

    Parameters
    ----------
    audio : any rate, any channels.
    speed : 0.25 to 4; 2 is twice as fast and half as long.

    Raises
    ------
    ValueError : a speed beyond these.
    """
    return run(Speed(speed, sample_rate=audio.sample_rate, channels=audio.channels), audio)


def pitch_shift(audio: Audio, semitones: float) -> Audio:
    """Play higher or lower at the same tempo; the colour of the voice moves along.

    Parameters
    ----------
    audio : any rate, any channels; the length stays.
    semitones : -12 to 12; 12 is an octave up.

    Raises
    ------
    ValueError : more than an octave.
    """
    return run(PitchShift(semitones, sample_rate=audio.sample_rate, channels=audio.channels), audio)


def _most_alike(around: Samples, wave: Samples, centre: int, decimation: int) -> int:
    """Find where in `around` the sound is most like `wave`, the nearer to `centre` the better."""
    coarse = _best(_decimated(around, decimation), _decimated(wave, decimation), centre / decimation) * decimation
    lowest = max(0, coarse - decimation)
    fine = around[lowest : coarse + decimation + len(wave)]
    return lowest + _best(fine, wave, centre - lowest)


def _best(around: Samples, wave: Samples, centre: float) -> int:
    likeness = np.correlate(around, wave, "valid")
    energies = np.cumsum(np.concatenate([[0.0], np.square(around, dtype=np.float64)]))
    norms = np.sqrt(np.maximum(energies[len(wave) :] - energies[: -len(wave)], 1e-9) * max(float(wave @ wave), 1e-9))
    distance = np.abs(np.arange(len(likeness)) - centre)
    return int(np.argmax(likeness / norms - _STAY * distance / (distance[-1] + 1)))


def _decimated(wave: Samples, decimation: int) -> NDArray[np.float32]:
    """Average neighbours: a low-pass good enough to find periods."""
    whole = len(wave) // decimation * decimation
    return wave[:whole].reshape(-1, decimation) @ np.full(decimation, 1 / decimation, np.float32)
