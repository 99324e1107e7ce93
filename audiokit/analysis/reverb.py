"""How long a room rings on, heard from speech alone.

In bands of speech the level falls again and again: slowly where a vowel ends, fast where it is cut off. No level falls
faster than the room lets it, so the fastest tenth of all falls tells how long the room rings.

Source
------
After J. Y. C. Wen, E. A. P. Habets, P. A. Naylor: Blind estimation of reverberation time based on the distribution of
signal decay rates, ICASSP 2008. The rate is taken from a percentile instead of a variance, and turned into a time by
`READING`, the medians of 20 people in made-up rooms.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiokit.analysis.ge2e import HOP, SAMPLE_RATE, SPECTRUM, mel_powers
from audiokit.analysis.spectrum import Vector
from audiokit.audio.buffer import Audio

BANDS = slice(4, 36)  # of the mel bands up to 8 kHz: 0.2 to 6 kHz
FALL = 12  # windows of 10 ms, over which a level has to fall
FASTEST = 90  # percentile of the rates
ABOVE = 0.6  # of a band's range, where a fall has to begin
FLOOR_DB = 6.0  # above a band's quietest, where it has to end: below, noise holds it up
LEAST = 50  # falls; a clip of 2 s has hundreds
READING = ((0.165, 0), (0.19, 0.1), (0.246, 0.2), (0.317, 0.3), (0.446, 0.5), (0.556, 0.7), (0.68, 1), (0.81, 1.5))
"""What 60 dB take at the fastest rate, in seconds, and the reverberation time of the room, in seconds."""


def reverb_s(audio: Audio) -> float | None:
    """Estimate the reverberation time in which speech was recorded, in seconds: 0 to 1.5.

    Up to 0.1 s is no room at all; noise 15 dB below the voice lifts that to 0.3 s, for it hides how far a level falls.
    Of a voice from afar, all of whose sound comes by the walls, 90 % are read within a sixth from 0.3 s on. The nearer
    the microphone, the less there is of the room and the less is read: where the voice is 6 dB over its room, 0.37 s
    instead of 0.5 s and 0.5 s instead of 1 s.

    Parameters
    ----------
    audio : speech of one person, 2 s and more, any rate and channels.

    Returns
    -------
    None where too little is said to tell.
    """
    wave = audio.mono().resample(SAMPLE_RATE).samples[:, 0]
    if len(wave) < FALL * HOP + SPECTRUM:
        return None
    levels_db = 10 * np.log10(mel_powers(wave)[:, BANDS] + np.float32(1e-12))
    rates = _falls(np.asarray(levels_db, np.float32))
    if len(rates) < LEAST:
        return None
    taken_s = 60 / float(np.percentile(rates, FASTEST))
    return float(np.interp(taken_s, *np.transpose(READING)))


def _falls(levels_db: Vector) -> Vector:
    """Give the rate of each fall from a loud moment to one above the noise, in dB a second, of levels (time, bands)."""
    pieces = sliding_window_view(levels_db, FALL, axis=0)
    time_s = (np.arange(FALL, dtype=np.float32) - (FALL - 1) / 2) * np.float32(HOP / SAMPLE_RATE)
    rates = -(pieces @ (time_s / (time_s @ time_s)))
    lowest, highest = np.percentile(levels_db, (5, 95), axis=0)
    is_loud = pieces[..., 0] > lowest + ABOVE * (highest - lowest)
    return np.asarray(rates[is_loud & (pieces[..., -1] > lowest + FLOOR_DB) & (rates > 0)], np.float32)
