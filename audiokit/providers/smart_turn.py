"""Smart Turn: a network that hears in a voice whether its speaker has finished, from a file of yours.

Pipecat's wheel carries such a file, with which this was tested: `smart-turn-v3.2-cpu.onnx`, 8.7 MB, in
`pipecat/audio/turn/smart_turn/data`, BSD-2-Clause like the wheel. It is not part of audiokit.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from audiokit.analysis.onnx_session import session
from audiokit.analysis.spectrum import Vector, mel_filters
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.errors import AudiokitError, ConfigError

SAMPLE_RATE, HEARD_S = 16_000, 8  # what the network was trained on
WINDOW, HOP, BANDS = 400, 160, 80  # Whisper's log-mel features: 25 ms every 10 ms
RANGE_DECADES = 8.0  # below the loudest; the rest is floor
INPUT, SHAPE = "input_features", [BANDS, HEARD_S * SAMPLE_RATE // HOP]


class SmartTurn:
    """Judges pauses by their sound: `[turn] provider = "smart-turn"`, `model = "smart-turn-v3.2-cpu.onnx"`.

    Parameters
    ----------
    model : the file of a version 3 model, for the CPU.

    Raises
    ------
    ConfigError : no file of that name, or one of another network.
    MissingDependencyError : onnxruntime is not installed.
    """

    def __init__(self, model: str | os.PathLike[str]) -> None:
        self._network = _opened(Path(model).expanduser())

    def finished_probability(self, heard: AudioChunk, text: str = "") -> float:
        """Give the probability that the turn is over; takes less than 0.1 s of a core, in any thread.

        Parameters
        ----------
        heard : the last seconds of the speaker and the pause after them; 8 s count.
        text : not used.
        """
        audio = Audio(heard.samples, heard.sample_rate).resample(SAMPLE_RATE)
        features = log_mel(audio.samples[:, 0])
        (probabilities, *_) = self._network.run(None, {INPUT: features[np.newaxis]})
        return float(np.ravel(probabilities)[0])


def log_mel(wave: Vector) -> Vector:
    """Give Whisper's features of the last 8 s, with silence before what is shorter; shape (80, 800).

    Parameters
    ----------
    wave : mono at 16 kHz.

    Source
    ------
    A. Radford et al.: Robust Speech Recognition via Large-Scale Weak Supervision, 2022, section 2.2. The wave is
    brought to mean 0 and variance 1 first, as the network was trained.
    """
    longest = HEARD_S * SAMPLE_RATE
    wave = np.asarray(wave[-longest:], np.float32)
    wave = np.pad(wave, (longest - len(wave), 0))
    wave = (wave - wave.mean()) / np.sqrt(wave.var() + np.float32(1e-7))
    mirrored = np.pad(wave, WINDOW // 2, mode="reflect")
    windows = sliding_window_view(mirrored, WINDOW)[::HOP][: longest // HOP]
    powers = np.square(np.abs(np.fft.rfft(windows * _hann())))
    levels = np.log10(np.maximum(powers @ mel_filters(SAMPLE_RATE, WINDOW, BANDS), 1e-10))
    levels = np.maximum(levels, levels.max() - RANGE_DECADES)
    return np.asarray((levels.T + 4) / 4, np.float32)


@cache
def _hann() -> Vector:
    return np.asarray(np.hanning(WINDOW + 1)[:-1], np.float32)


@cache
def _opened(path: Path) -> Any:
    """Open a network once, for all agents of the process."""
    if not path.is_file():
        raise ConfigError(
            f"smart-turn: there is no file {path}. Its `model` is an ONNX file such as smart-turn-v3.2-cpu.onnx, "
            "which comes with Pipecat's wheel: pip download --no-deps pipecat-ai."
        )
    try:
        network = session(path)
    except AudiokitError:
        raise
    except Exception as error:  # onnxruntime has a class of its own for each way to be no model
        raise ConfigError(f"smart-turn: {path.name} is no ONNX model. Name one of version 3 for the CPU.") from error
    found = {each.name: each.shape for each in network.get_inputs()}
    if list(found) != [INPUT] or found[INPUT][1:] != SHAPE:
        raise ConfigError(
            f"smart-turn: {path.name} takes {found}; expected {INPUT} of {BANDS} x {SHAPE[1]} features. "
            "Name one of version 3."
        )
    return network
