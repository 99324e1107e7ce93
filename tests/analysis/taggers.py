"""Small taggers of sounds with the doors of the real ones: they take a tone of 3 kHz for laughter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from audiokit.audio.buffer import Audio

TONE_HZ = 3000.0
YAMNET_RATE, PATCH, PATCH_HOP = 16_000, 15_360, 7_680  # 0.96 s every 0.48 s
PANNS_RATE = 32_000
ELSE = 0.01  # what the other classes answer

Arrays = dict[str, NDArray[Any]]


def yamnet(path: Path, *, classes: tuple[int, ...] = (13,), size: str | int = "samples") -> Path:
    """Write one as YAMNet's: (samples,) at 16 kHz to scores of patches, behind embeddings that are as wide.

    Parameters
    ----------
    classes : which of the 521 answer to the tone.
    size : of the input: a name, or so many samples.
    """
    helper = _onnx().helper
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "two_axes"], ["row"]),
        *_hearing(helper, PATCH_HOP),
        helper.make_node("Transpose", ["heard"], ["turned"], perm=[0, 2, 1]),
        helper.make_node("Squeeze", ["turned", "first_axis"], ["column"]),
        *_answering(helper, "column", "scores"),
        helper.make_node("Sub", ["scores", "one"], ["embeddings"]),
    ]
    axes = {"two_axes": np.array([0, 1]), "first_axis": np.array([0]), "one": np.array(1, np.float32)}
    constants = {**_weights(YAMNET_RATE, PATCH, 521, classes), **axes}
    return _saved(path, nodes, [size], ["embeddings", "scores"], constants)


def panns(path: Path, *, classes: tuple[int, ...] = (16,), count: int = 527, scale: float = 1.0) -> Path:
    """Write one as Cnn14's: (batch, samples) at 32 kHz to one row of probabilities, those of its loudest second.

    Parameters
    ----------
    classes : which of the `count` answer to the tone.
    scale : of the answers; with more than 100 they are no probabilities.
    """
    helper = _onnx().helper
    nodes = [
        helper.make_node("Unsqueeze", ["waveform", "middle_axis"], ["row"]),
        *_hearing(helper, PANNS_RATE),
        helper.make_node("ReduceMax", ["heard", "last_axis"], ["loudest"], keepdims=0),
        *_answering(helper, "loudest", "answers"),
        helper.make_node("Mul", ["answers", "scale"], ["clipwise_output"]),
    ]
    axes = {"middle_axis": np.array([1]), "last_axis": np.array([2]), "scale": np.array(scale, np.float32)}
    constants = {**_weights(PANNS_RATE, PANNS_RATE, count, classes), **axes}
    return _saved(path, nodes, ["batch", "samples"], ["clipwise_output"], constants)


def with_tone(audio: Audio, start_s: float, end_s: float, *, level: float = 0.1) -> Audio:
    """Lay the tone under a part of a sound."""
    samples = audio.samples.copy()
    start, end = (round(at_s * audio.sample_rate) for at_s in (start_s, end_s))
    phases = 2 * np.pi * TONE_HZ * np.arange(start, end) / audio.sample_rate
    samples[start:end] += level * np.sin(phases)[: len(samples) - start, np.newaxis].astype(np.float32)
    return Audio(samples, audio.sample_rate)


def _hearing(helper: Any, hop: int) -> list[Any]:
    """Which part of the amplitude of each patch of "row" is the tone, 0..1: "heard", shape (batch, 1, patches)."""
    return [
        helper.make_node("Conv", ["row", "cosine"], ["real"], strides=[hop]),
        helper.make_node("Conv", ["row", "sine"], ["imaginary"], strides=[hop]),
        helper.make_node("Mul", ["row", "row"], ["powers"]),
        helper.make_node("Conv", ["powers", "ones"], ["energy"], strides=[hop]),
        helper.make_node("Mul", ["real", "real"], ["real_power"]),
        helper.make_node("Mul", ["imaginary", "imaginary"], ["imaginary_power"]),
        helper.make_node("Add", ["real_power", "imaginary_power"], ["tone_power"]),
        helper.make_node("Add", ["energy", "little"], ["whole"]),
        helper.make_node("Div", ["tone_power", "whole"], ["part"]),
        helper.make_node("Sqrt", ["part"], ["heard"]),
    ]


def _answering(helper: Any, heard: str, answers: str) -> list[Any]:
    return [
        helper.make_node("MatMul", [heard, "classes"], ["of_classes"]),
        helper.make_node("Add", ["of_classes", "others"], [answers]),
    ]


def _weights(rate: int, patch: int, count: int, classes: tuple[int, ...]) -> Arrays:
    wave = np.sqrt(2 / patch) * np.exp(2j * np.pi * TONE_HZ * np.arange(patch) / rate).reshape(1, 1, patch)
    chosen = np.isin(np.arange(count), classes).astype(np.float32)[np.newaxis]
    return {
        "cosine": wave.real.astype(np.float32), "sine": wave.imag.astype(np.float32),
        "ones": np.ones((1, 1, patch), np.float32), "little": np.array(1e-6, np.float32),
        "classes": 0.99 * chosen, "others": ELSE * (1 - chosen),
    }  # fmt: skip


def _saved(path: Path, nodes: list[Any], door: list[str | int], answers: list[str], constants: Arrays) -> Path:
    onnx = _onnx()
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "tagger",
        [helper.make_tensor_value_info("waveform", kind, door)],
        [helper.make_tensor_value_info(name, kind, ["rows", "classes"]) for name in answers],
        [onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), path)
    return path


def _onnx() -> Any:
    pytest.importorskip("onnxruntime")
    return pytest.importorskip("onnx")
