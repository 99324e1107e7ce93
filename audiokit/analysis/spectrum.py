"""Short-time spectra of a stream, and the mel scale: librosa's definitions, block by block.

`librosa.feature` takes a whole recording: 3.9 GB for two hours. Cut into blocks the same windows give the same numbers,
because a window of 93 ms knows nothing of its neighbours.
"""

from __future__ import annotations

from functools import cache
from typing import Generic, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Vector = NDArray[np.float32]
Scalar = TypeVar("Scalar", bound=np.generic)

RATE = 22_050  # Hz; librosa.load's
WINDOW = 2048  # frames of a spectrum; librosa's n_fft
HOP = 512  # frames from one spectrum to the next; librosa's hop_length
HOP_S = HOP / RATE
MELS = 128
MFCCS = 20
_LINEAR_HZ = 1000.0  # Slaney's Auditory Toolbox: linear below, logarithmic above
_HZ_A_MEL = 200.0 / 3
_LOG_STEP = np.log(6.4) / 27


class Windows(Generic[Scalar]):
    """Cuts a stream into windows of WINDOW frames, one every HOP, whatever the length of the pieces pushed.

    Parameters
    ----------
    lead : what stands before the first frame, WINDOW / 2 of it, so that window `i` is centred on frame `i * HOP`.
    """

    def __init__(self, lead: NDArray[Scalar]) -> None:
        self._waiting = lead

    def push(self, piece: NDArray[Scalar]) -> NDArray[Scalar]:
        """Take the next frames, 1-D; give the windows they fill, shape (windows, WINDOW)."""
        frames = np.concatenate([self._waiting, piece])
        count = max(0, (len(frames) - WINDOW) // HOP + 1)
        self._waiting = frames[count * HOP :].copy()
        if not count:
            return np.empty((0, WINDOW), frames.dtype)
        return sliding_window_view(frames, WINDOW)[: count * HOP : HOP]


def power_spectra(windows: Vector) -> Vector:
    """Give the power spectrum of each window, shape (windows, WINDOW / 2 + 1), after a Hann window."""
    spectra = np.fft.rfft(windows * _hann())
    powers: Vector = np.square(spectra.real) + np.square(spectra.imag)
    return powers


@cache
def bin_frequencies_hz() -> Vector:
    """Give the frequency of each place of a spectrum, in Hz."""
    return np.fft.rfftfreq(WINDOW, 1 / RATE).astype(np.float32)


@cache
def mel_filters(sample_rate: int = RATE, window: int = WINDOW, bands: int = MELS) -> Vector:
    """Give the matrix from a power spectrum to mel bands, shape (window / 2 + 1, bands).

    Triangles on Slaney's scale from 0 Hz to half the rate, each with an area of 1 Hz.

    Parameters
    ----------
    sample_rate : in Hz.
    window : frames of a spectrum.
    bands : how many.

    Source
    ------
    M. Slaney: Auditory Toolbox, Interval Research Corporation, 1998; the default of `librosa.filters.mel`.
    """
    edges_hz = _hz_from_mel(np.linspace(0.0, _mel_from_hz(sample_rate / 2), bands + 2))
    low, middle, high = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    bins_hz = np.fft.rfftfreq(window, 1 / sample_rate)[:, np.newaxis]
    rising, falling = (bins_hz - low) / (middle - low), (high - bins_hz) / (high - middle)
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * 2 / (high - low), np.float32)


@cache
def cosine_matrix() -> Vector:
    """Give the matrix from MELS mel levels to MFCCS cepstral coefficients: an orthonormal DCT of type 2."""
    angles = np.pi / MELS * np.outer(np.arange(MELS) + 0.5, np.arange(MFCCS))
    matrix = np.sqrt(2 / MELS) * np.cos(angles)
    matrix[:, 0] /= np.sqrt(2)
    return np.asarray(matrix, np.float32)


def mel_frequencies_hz() -> NDArray[np.float64]:
    """Give the centre of each mel band, in Hz."""
    return _hz_from_mel(np.linspace(0.0, _mel_from_hz(RATE / 2), MELS + 2))[1:-1]


@cache
def _hann() -> Vector:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW), np.float32)


def _mel_from_hz(frequency_hz: float) -> float:
    if frequency_hz < _LINEAR_HZ:
        return frequency_hz / _HZ_A_MEL
    return float(_LINEAR_HZ / _HZ_A_MEL + np.log(frequency_hz / _LINEAR_HZ) / _LOG_STEP)


def _hz_from_mel(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    corner = _LINEAR_HZ / _HZ_A_MEL
    frequencies: NDArray[np.float64] = np.where(
        mels < corner, mels * _HZ_A_MEL, _LINEAR_HZ * np.exp(_LOG_STEP * (mels - corner))
    )
    return frequencies
