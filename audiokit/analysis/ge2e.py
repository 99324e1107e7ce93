"""Who speaks, as 256 numbers: the GE2E voice encoder in plain numpy, its weights beside this file.

The network is a stack of three LSTM layers over 1.6 s of mel powers. All windows of a recording go through it at once,
step by step as one matrix product, so that no neural runtime is needed.

Source
------
L. Wan, Q. Wang, A. Papir, I. Lopez Moreno: Generalized end-to-end loss for speaker verification, ICASSP 2018. The
weights are those of Resemblyzer 0.1.4 (Apache-2.0, see `ge2e.LICENSE`) in half precision, as
`benchmarks/speaker_weights.py` takes them out of its wheel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiokit.analysis.spectrum import Vector, mel_filters
from audiokit.audio.buffer import Audio
from audiokit.dsp.levels import gain_from_db, window_powers

SAMPLE_RATE = 16_000
SPECTRUM = 400  # frames of a spectrum: 25 ms
HOP = 160  # frames from one spectrum to the next: 10 ms
STEPS = 160  # spectra the network takes at once
MELS = 40
WIDTH = 256  # of each layer, and of an embedding
LAYERS = 3
SPEECH_DBFS = -30.0  # the level of speech on which the network was trained: its answer depends on it
SOUND_WINDOW_S = 0.03
QUIET_BELOW_DB = 35.0  # below the loud parts: no voice
STEP_S = 0.8  # from window to window: half of each is new
BATCH = 256  # windows at once: 160 MB


class Ge2eEncoder:
    """The contract `SpeakerEncoder`: embeddings whose cosine tells how alike two voices are."""

    threshold = 0.74
    """Similarity from which two recordings of some seconds are more often one speaker than two."""

    def __init__(self) -> None:
        self._network = _network()

    def embed(self, audio: Audio) -> Vector:
        """Give the embedding of one speaker.

        Parameters
        ----------
        audio : any rate, any number of channels; pauses are passed over. 2 s and more of speech make sense.

        Returns
        -------
        float32, shape (256,), of length 1.

        Raises
        ------
        ValueError : no frame in it.
        """
        return self.embed_all([audio])[0]

    def embed_all(self, sounds: Sequence[Audio]) -> list[Vector]:
        """Give the embedding of each, all their windows at once: 5 x as fast as one by one for sounds of 2.4 s.

        Parameters
        ----------
        sounds : see `embed`.
        """
        if not sounds:
            return []
        parts = [_windows(audio, STEP_S)[1] for audio in sounds]
        found = self._embedded(np.concatenate(parts))
        ends = np.cumsum([len(part) for part in parts])
        return [unit(found[end - len(part) : end].mean(axis=0)) for part, end in zip(parts, ends, strict=True)]

    def embed_windows(self, audio: Audio, *, step_s: float = STEP_S) -> tuple[Vector, Vector]:
        """Give an embedding for every 1.6 s of sound.

        Parameters
        ----------
        audio : as for `embed`.
        step_s : from one window to the next, in seconds.

        Returns
        -------
        times_s : middle of each window in the recording, in seconds, shape (windows,).
        embeddings : float32, shape (windows, 256), each of length 1.
        """
        times_s, windows = _windows(audio, step_s)
        return times_s, self._embedded(windows)

    def _embedded(self, windows: Vector) -> Vector:
        return np.concatenate([self._network(windows[at : at + BATCH]) for at in range(0, len(windows), BATCH)])


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The layers' weights."""

    layers: tuple[tuple[Vector, Vector, Vector], ...]
    """Of each: from the input (inputs, 4 x WIDTH), from the state before (WIDTH, 4 x WIDTH), bias. Gates in torch's
    order: input, forget, cell, output."""
    projection: Vector
    """(WIDTH, WIDTH), from the last state to the embedding."""
    projection_bias: Vector
    """(WIDTH,)."""

    def __call__(self, windows: Vector) -> Vector:
        """Embed `windows`, shape (windows, STEPS, MELS)."""
        from threadpoolctl import threadpool_limits

        sequence = np.ascontiguousarray(windows.transpose(1, 0, 2))
        # Hundreds of small products: threads that wait for each other at each made a busy machine 4 to 10 x slower.
        with threadpool_limits(1, "blas"):
            for layer in self.layers:
                sequence = _lstm(sequence, *layer)
        return unit(np.maximum(sequence[-1] @ self.projection + self.projection_bias, 0))


def unit(vectors: Vector) -> Vector:
    """Scale vectors, along the last axis, to length 1."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)


def mel_powers(wave: Vector) -> Vector:
    """Give mel powers (not their logarithm) every 10 ms, as `librosa.feature.melspectrogram` does; (steps, MELS)."""
    padded = np.pad(wave, SPECTRUM // 2)
    spectra = np.fft.rfft(sliding_window_view(padded, SPECTRUM)[::HOP] * _hann())
    powers = np.square(spectra.real) + np.square(spectra.imag)
    return np.asarray(powers @ mel_filters(SAMPLE_RATE, SPECTRUM, MELS), np.float32)


def window_starts(steps: int, every: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Tell where windows of STEPS begin, so that they reach to the end; one at least."""
    last = max(0, steps - STEPS)
    starts = np.arange(0, last + 1, max(1, every), dtype=np.intp)
    return starts if starts[-1] == last else np.append(starts, last)


def _windows(audio: Audio, step_s: float) -> tuple[Vector, Vector]:
    """Give the windows of a recording, (windows, STEPS, MELS), and the middle of each in seconds."""
    if not audio.frames:
        raise ValueError("no sound to embed; expected at least one frame")
    wave = audio.mono().resample(SAMPLE_RATE).samples[:, 0]
    places = _sounding(wave)
    spectra = mel_powers(_at_level(wave[places]))
    starts = window_starts(len(spectra), round(step_s * SAMPLE_RATE / HOP))
    spectra = np.pad(spectra, ((0, max(0, STEPS - len(spectra))), (0, 0)))
    windows = sliding_window_view(spectra, STEPS, axis=0)[starts].transpose(0, 2, 1)
    middles = np.minimum((starts + STEPS // 2) * HOP, len(places) - 1)
    return np.asarray(places[middles] / SAMPLE_RATE, np.float32), windows


def _lstm(sequence: Vector, weights: Vector, recurrent: Vector, bias: Vector) -> Vector:
    """Run one layer over (steps, windows, inputs); give its states, (steps, windows, WIDTH)."""
    gates = sequence @ weights + bias
    states = np.empty((*gates.shape[:2], WIDTH), np.float32)
    hidden = cell = np.zeros(states.shape[1:], np.float32)
    for step, gate in enumerate(gates):
        gate += hidden @ recurrent
        # One tanh for all gates: sigmoid(x) = (1 + tanh(x / 2)) / 2.
        gate[:, : 2 * WIDTH] *= 0.5
        gate[:, 3 * WIDTH :] *= 0.5
        np.tanh(gate, out=gate)
        entering, kept, fresh, shown = np.split(gate, 4, axis=1)
        cell = 0.5 * (cell * (1 + kept) + fresh * (1 + entering))
        hidden = 0.5 * (1 + shown) * np.tanh(cell)
        states[step] = hidden
    return states


def _at_level(wave: Vector) -> Vector:
    level = float(np.sqrt(np.mean(np.square(wave))))
    return wave * np.float32(gain_from_db(SPEECH_DBFS) / max(level, 1e-6))


def _sounding(wave: Vector) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Give the frames that are not in a pause: the network was trained on speech without."""
    powers = window_powers(wave[:, np.newaxis], SAMPLE_RATE, SOUND_WINDOW_S)
    loud = float(np.percentile(powers, 95))
    sounding = powers >= loud * 10 ** (-QUIET_BELOW_DB / 10)
    # Short pauses between words stay: three windows to either side of sound count as sound.
    near = np.convolve(sounding, np.ones(7), "same") > 0
    return np.flatnonzero(np.repeat(near, round(SOUND_WINDOW_S * SAMPLE_RATE))[: len(wave)])


@cache
def _network() -> Network:
    with np.load(Path(__file__).with_name("ge2e.npz")) as file:
        arrays = {name: np.asarray(file[name], np.float32) for name in file.files}
    layers = ((arrays[f"input_{at}"], arrays[f"recurrent_{at}"], arrays[f"bias_{at}"]) for at in range(LAYERS))
    return Network(tuple(layers), arrays["projection"], arrays["projection_bias"])


@cache
def _hann() -> Vector:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SPECTRUM) / SPECTRUM), np.float32)
