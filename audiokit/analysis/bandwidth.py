"""Bandwidth: up to which frequency a recording carries sound, whatever its sample rate promises."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio

WINDOW_S = 0.02  # at least; the length is a power of two
MOST_WINDOWS = 64
LOUD = 0.01  # windows down to 20 dB below the clip's mean: fricatives, which reach highest, are softer than vowels
BAND_HZ = 100.0
REACH_DB = 60.0  # sound is what lies less below the loudest band; Hi-Fi TTS (Bakhturina et al. 2021) takes 50
EDGE_DB = 20.0  # a filter falls as much ...
EDGE_HZ = 300.0  # ... between a stretch of this width and all that lies this much higher
LOWEST_EDGE_HZ = 2000.0  # below, vowels are as steep as filters
FLOOR = 1e-20  # keeps digital silence out of the logarithm


def bandwidth_hz(audio: Audio) -> float:
    """Find the highest frequency that the recording chain let through, in Hz.

    Looks at the averaged spectrum of up to 64 windows in bands of 100 Hz. The answer is the lower one of (1) the
    highest band less than 60 dB below the loudest; (2) the lowest steep edge from 2 kHz up: 300 Hz that lie 20 dB
    above everything that is more than 300 Hz higher. The second finds telephones and codecs under a noise added
    later; speech itself is not as steep.

    Parameters
    ----------
    audio : mono; about 1 s of speech or more.

    Returns
    -------
    At most half the sample rate; 0 for silence.

    Raises
    ------
    ValueError : more than one channel.
    """
    if audio.channels != 1:
        raise ValueError(f"{audio!r} has {audio.channels} channels; use audio.mono() first")
    powers = _band_powers(audio)
    if not powers.any():
        return 0.0
    levels_db = 10 * np.log10(powers + FLOOR)
    heard = np.flatnonzero(levels_db > levels_db.max() - REACH_DB)
    bands = min(int(heard[-1]) + 1, _steep_edge(levels_db))
    return min(bands * BAND_HZ, audio.sample_rate / 2)


def _band_powers(audio: Audio) -> NDArray[np.float64]:
    """Average the power spectrum of the louder windows over bands of BAND_HZ."""
    frames = 1 << int(np.ceil(np.log2(WINDOW_S * audio.sample_rate)))
    count = audio.frames // frames
    windows = audio.samples[: count * frames, 0].reshape(count, frames)
    powers = np.einsum("wf,wf->w", windows, windows)
    loud = np.flatnonzero(powers > LOUD * powers.mean()) if count else np.empty(0, np.intp)
    if len(loud) > MOST_WINDOWS:
        loud = loud[np.linspace(0, len(loud) - 1, MOST_WINDOWS).astype(np.intp)]
    spectra = np.fft.rfft(windows[loud] * np.hanning(frames).astype(np.float32))
    spectrum = np.einsum("wb,wb->b", spectra, spectra.conj()).real
    starts = np.arange(0, audio.sample_rate / 2, BAND_HZ) * frames / audio.sample_rate
    edges = np.append(np.ceil(starts).astype(np.intp), frames // 2 + 1)
    bands: NDArray[np.float64] = np.add.reduceat(spectrum, edges[:-1]) / np.diff(edges)
    return bands


def _steep_edge(levels_db: NDArray[np.float64]) -> int:
    """Give the number of bands below the lowest steep edge; all when there is none."""
    width = round(EDGE_HZ / BAND_HZ)
    highest_above = np.maximum.accumulate(levels_db[::-1])[::-1]
    for band in range(round(LOWEST_EDGE_HZ / BAND_HZ), len(levels_db) - width):
        below_db = levels_db[band - width : band].mean()
        if below_db - highest_above[band + width] >= EDGE_DB:
            return band + int(np.argmax(levels_db[band:] < below_db - EDGE_DB / 2))
    return len(levels_db)
