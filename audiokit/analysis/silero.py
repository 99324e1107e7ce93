"""Silero VAD over a whole recording: the published network, several times as fast as window by window.

Run live, the graph takes one window of 32 ms after another and spends its time in tiny convolutions. Offline all
windows are known, so the encoder becomes five matrix products over hundreds of windows at once. The recurrent half
stays the published graph: its state reaches back for tens of seconds, so that running it in parallel lanes moved
edges, whatever the warm-up (measured: 60 of 16,500 decisions). This way the probabilities agree to 1e-5.
`benchmarks/prep.py --vad` measures both.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from audiokit.analysis.growing import Growing
from audiokit.analysis.onnx_session import session
from audiokit.analysis.spectrum import Vector
from audiokit.audio.buffer import Samples
from audiokit.errors import MissingDependencyError

SAMPLE_RATE = 16_000
WINDOW = 512  # frames a probability stands for: 32 ms
CONTEXT = 64  # frames of the window before that the network also sees
STATE = 128  # width of the recurrent state
BATCH = 256  # windows a matrix product; larger ones leave the processor's cache


def model_path() -> Path:
    """Find the Silero model that the faster-whisper package carries.

    Raises
    ------
    MissingDependencyError : faster-whisper is not installed.
    """
    spec = importlib.util.find_spec("faster_whisper")  # found, not imported: the import costs a second
    if spec is None or not spec.submodule_search_locations:
        raise MissingDependencyError("the neural speech detector (faster-whisper)", extra="offline")
    models = sorted((Path(next(iter(spec.submodule_search_locations))) / "assets").glob("silero_vad*.onnx"))
    if not models:
        raise MissingDependencyError("a faster-whisper that carries a Silero model", extra="offline")
    return models[-1]


class Network(Protocol):
    """Turns windows with their context into probabilities, in order, keeping its state."""

    def push(self, windows: Samples) -> Vector:
        """Give one probability for each row of `windows`, shape (windows, CONTEXT + WINDOW)."""
        ...


class PublishedNetwork:
    """The ONNX graph as published."""

    def __init__(self, path: Path) -> None:
        self._session = session(path)
        self.reset()

    def reset(self) -> None:
        """Forget what came before."""
        self._hidden = self._cell = np.zeros((1, 1, STATE), np.float32)

    def push(self, windows: Samples) -> Vector:
        """See `Network.push`."""
        inputs = {"input": windows, "h": self._hidden, "c": self._cell}
        probabilities, self._hidden, self._cell = self._session.run(None, inputs)
        return np.asarray(probabilities, np.float32).reshape(-1)


class FastNetwork:
    """The same network, its encoder as matrix products."""

    def __init__(self, encoder: Encoder, recurrent: bytes, encoded_name: str) -> None:
        self._encoder = encoder
        self._session = session(recurrent)
        self._encoded_name = encoded_name
        self._hidden = self._cell = np.zeros((1, 1, STATE), np.float32)

    def push(self, windows: Samples) -> Vector:
        """See `Network.push`."""
        encoded = self._encoder(windows)[:, np.newaxis, :]
        inputs = {self._encoded_name: encoded, "h": self._hidden, "c": self._cell}
        probabilities, self._hidden, self._cell = self._session.run(None, inputs)
        return np.asarray(probabilities, np.float32).reshape(-1)


class SpeechReader:
    """Reads a recording at 16 kHz block by block; remembers one speech probability for every 32 ms."""

    window_s = WINDOW / SAMPLE_RATE

    def __init__(self, network: Network | None = None) -> None:
        self._network = network or fastest_network()
        self._waiting = np.zeros(CONTEXT, np.float32)  # the context, then frames that fill no batch yet
        self._found = Growing()

    def push(self, samples: Samples) -> None:
        """Take the next `samples`, shape (frames, 1), of any length."""
        self._waiting = np.concatenate([self._waiting, samples[:, 0]])
        while len(self._waiting) >= CONTEXT + BATCH * WINDOW:
            self._read(self._waiting[: CONTEXT + BATCH * WINDOW])
            self._waiting = self._waiting[BATCH * WINDOW :]

    def finish(self) -> Vector:
        """Give all probabilities; the last window is filled up with silence."""
        rest = len(self._waiting) - CONTEXT
        if rest > 0:
            self._read(np.pad(self._waiting, (0, -rest % WINDOW)))
        self._waiting = self._waiting[:0]
        return self._found.values()

    def _read(self, frames: Vector) -> None:
        windows = np.lib.stride_tricks.sliding_window_view(frames, CONTEXT + WINDOW)[::WINDOW]
        self._found.append(self._network.push(np.ascontiguousarray(windows)))


def fastest_network() -> Network:
    """Take the installed model apart; a layout that is not known here runs as published."""
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise MissingDependencyError("onnx", extra="offline") from error
    path = model_path()
    model = onnx.load(path)
    encoder = Encoder.from_weights({tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer})
    if encoder is None:
        return PublishedNetwork(path)
    return FastNetwork(encoder, *_recurrent_half(model))


def _recurrent_half(model: Any) -> tuple[bytes, str]:
    """Cut the graph in front of its recurrent layer; give the rest and the name of its input."""
    from onnx import TensorProto, helper

    nodes = list(model.graph.node)
    first = next(at for at, node in enumerate(nodes) if node.op_type == "LSTM")
    encoded_name = nodes[first].input[0]
    encoded = helper.make_tensor_value_info(encoded_name, TensorProto.FLOAT, ["windows", 1, STATE])
    states = [value for value in model.graph.input if value.name in ("h", "c")]
    del model.graph.node[:first]
    del model.graph.input[:]
    model.graph.input.extend([encoded, *states])
    return model.SerializeToString(), encoded_name


_CONVOLUTIONS = tuple(f"encoder.conv_layers.{layer}" for layer in range(4))
_STRIDES = (1, 2, 2, 1)
_SLICES = 4  # spectral slices a window: 256 frames long, every 128


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """The encoder of Silero 5 and 6 at 16 kHz: each layer a matrix that the row of a window is multiplied with."""

    spectrum: Vector
    """(256, 258): cosine and sine parts of the short-time Fourier transform."""
    layers: tuple[tuple[Vector, Vector], ...]
    """Weights and bias of the four convolutions, (slices x channels) flattened."""

    @classmethod
    def from_weights(cls, weights: dict[str, Vector]) -> Encoder | None:
        """Arrange a graph's weights; None if they are not those of the network known here."""
        try:
            basis = weights["encoder.feature_extractor.forward_basis_buffer"]
            convolutions = [(weights[f"{name}.weight"], weights[f"{name}.bias"]) for name in _CONVOLUTIONS]
        except KeyError:
            return None
        if basis.shape != (258, 1, 256) or convolutions[-1][0].shape[0] != STATE:
            return None
        layers, slices = [], _SLICES
        for (weight, bias), stride in zip(convolutions, _STRIDES, strict=True):
            matrix = _as_matrix(weight, slices, stride)
            slices = matrix.shape[1] // len(weight)
            layers.append((matrix, np.tile(bias, slices)))
        return cls(np.ascontiguousarray(basis[:, 0, :].T), tuple(layers))

    def __call__(self, windows: Samples) -> Vector:
        """Encode `windows`, shape (windows, CONTEXT + WINDOW), to (windows, STATE)."""
        # The graph mirrors the last 64 frames behind the window, so that four slices of 256 fit.
        frames = np.concatenate([windows, windows[:, -2 : -2 - CONTEXT : -1]], axis=1)
        slices = np.lib.stride_tricks.sliding_window_view(frames, 256, axis=1)[:, ::128]
        parts = slices.reshape(-1, 256) @ self.spectrum
        parts *= parts
        rows = np.sqrt(parts[:, :129] + parts[:, 129:]).reshape(len(windows), -1)
        for matrix, bias in self.layers:
            rows = rows @ matrix
            rows += bias
            np.maximum(rows, 0, out=rows)
        return np.asarray(rows, np.float32)


def _as_matrix(weight: Vector, slices: int, stride: int) -> Vector:
    """Write a convolution (outputs, inputs, 3), padded by one, over so few slices out as one matrix."""
    outputs, inputs, width = weight.shape
    places = (slices - 1) // stride + 1
    matrix = np.zeros((slices, inputs, places, outputs), np.float32)
    for place in range(places):
        for tap in range(width):
            source = place * stride + tap - 1
            if 0 <= source < slices:
                matrix[source, :, place, :] = weight[:, :, tap].T
    return matrix.reshape(slices * inputs, places * outputs)
