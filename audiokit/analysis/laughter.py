"""Laughter under speech, as a tagger of sounds hears it, from a file of yours.

No package carries such a network. Known are two that were trained on AudioSet and are exported to ONNX with their
features inside, so that they take a waveform: YAMNet with 521 classes, and Cnn14 and its kin (PANNs) with 527.

Source
------
J. F. Gemmeke et al.: Audio Set, ICASSP 2017. The places of the classes are those of `yamnet_class_map.csv` in
tensorflow/models and of AudioSet's `class_labels_indices.csv`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from audiokit.analysis.onnx_session import session
from audiokit.analysis.spectrum import Vector
from audiokit.audio.buffer import Audio
from audiokit.disk import file_sha256
from audiokit.errors import AudiokitError, ConfigError

WINDOW_S = 2.0  # PANNs answer once for all they are given: a laugh would drown in 10 s of speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """What the classes of a network stand for."""

    sample_rate: int
    """Rate it was trained at, in Hz."""
    laughter: slice
    """Laughter, Baby laughter, Giggle, Snicker, Belly laugh, Chuckle."""


KNOWN = {
    521: Classes(sample_rate=16_000, laughter=slice(13, 19)),
    527: Classes(sample_rate=32_000, laughter=slice(16, 22)),
}
"""By the number of classes."""
ASKED = (
    "A sounds model is an ONNX file of YAMNet (16 kHz, 521 classes) or of PANNs such as Cnn14 (32 kHz, 527 classes), "
    "exported from the waveform to probabilities."
)


class Tagger:
    """A network that tells sounds apart.

    Parameters
    ----------
    model : an ONNX file with one input, a waveform of shape (samples) or (1, samples), and among its outputs one of
        probabilities, whose last axis are the classes.

    Raises
    ------
    ConfigError : no file of that name, or one of another network.
    MissingDependencyError : onnxruntime is not installed.
    """

    def __init__(self, model: Path) -> None:
        self._network = _opened(model)
        (door,) = self._network.get_inputs()
        self._name, self._is_batch, size = door.name, len(door.shape) == 2, door.shape[-1]
        self._size = size if isinstance(size, int) else 0  # a network that takes any length names it, or nothing
        self._at, self._classes = self._understood(model)

    def laughter(self, audio: Audio) -> float:
        """Give the probability of laughter, 0..1: the highest of its classes and of windows of 2 s, every second.

        Parameters
        ----------
        audio : any rate and channels; silence is added to what is shorter than a window.
        """
        rate = self._classes.sample_rate
        wave = audio.mono().resample(rate).samples[:, 0]
        windows = _windows(wave, self._size or round(WINDOW_S * rate))
        return max(float(self._heard(window)[self._at][..., self._classes.laughter].max()) for window in windows)

    def _heard(self, wave: Vector) -> Sequence[Vector]:
        found: Sequence[Vector] = self._network.run(None, {self._name: wave[np.newaxis] if self._is_batch else wave})
        return found

    def _understood(self, model: Path) -> tuple[int, Classes]:
        """Find the probabilities among the outputs by trying; what a graph declares often leaves sizes open."""
        noise = np.random.default_rng(1).uniform(-0.1, 0.1, self._size or round(WINDOW_S * 32_000))
        try:
            found = [(at, np.asarray(heard)) for at, heard in enumerate(self._heard(noise.astype(np.float32)))]
        except Exception as error:  # onnxruntime has a class of its own for each way to refuse an input
            raise ConfigError(f"{model.name} fails on a waveform of {len(noise)} samples. {ASKED}") from error
        for at, heard in found:
            classes = KNOWN.get(heard.shape[-1]) if heard.ndim and heard.size else None
            if classes and heard.min() >= 0 and heard.max() <= 1:
                return at, classes
        shapes = ", ".join("x".join(map(str, heard.shape)) or "one number" for _, heard in found)
        raise ConfigError(f"{model.name} gives {shapes}, and no probabilities of 521 or 527 classes. {ASKED}")


@cache
def tagger(model: str) -> Tagger:
    """Open a network once for all clips of a process; see `Tagger`."""
    return Tagger(Path(model).expanduser())


def model_sha256(model: str) -> str:
    """Hash a network's file, so that what another one heard is not taken for its own.

    Raises
    ------
    ConfigError : there is no such file, or it cannot be read.
    """
    return file_sha256(_readable(Path(model).expanduser()))


def _readable(model: Path) -> Path:
    try:
        model.open("rb").close()
    except OSError as error:
        raise ConfigError(f"{model} cannot be read: {error.strerror}. {ASKED}") from error
    return model


def _opened(model: Path) -> Any:
    try:
        network = session(_readable(model))
    except AudiokitError:
        raise
    except Exception as error:  # onnxruntime has a class of its own for each way to be no model
        raise ConfigError(f"{model.name} is no ONNX model that opens. {ASKED}") from error
    doors = network.get_inputs()
    if [len(door.shape) for door in doors] not in ([1], [2]) or doors[0].type != "tensor(float)":
        found = ", ".join(f"{door.name} {door.shape} {door.type}" for door in doors) or "nothing"
        raise ConfigError(f"{model.name} takes {found}, and no waveform. {ASKED}")
    return network


def _windows(wave: Vector, size: int) -> list[Vector]:
    """Cut a wave into windows that overlap by half; the last one ends where the wave does."""
    wave = np.pad(wave, (0, max(0, size - len(wave))))
    last = len(wave) - size
    return [wave[start : start + size] for start in (*range(0, last, size // 2), last)]
