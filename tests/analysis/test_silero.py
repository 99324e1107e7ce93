"""audiokit.analysis.silero."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import numpy as np
import pytest

from audiokit.analysis import silero
from audiokit.analysis.silero import (
    BATCH,
    CONTEXT,
    STATE,
    WINDOW,
    Encoder,
    FastNetwork,
    Network,
    PublishedNetwork,
    SpeechReader,
    Vector,
    fastest_network,
    model_path,
)
from audiokit.audio.buffer import Samples
from audiokit.errors import MissingDependencyError

model = pytest.mark.model


class Echo:
    """A network whose probability is the first frame of the window, and which notes what it was given."""

    def __init__(self) -> None:
        self.windows: list[Samples] = []

    def push(self, windows: Samples) -> Vector:
        self.windows.append(windows)
        return windows[:, CONTEXT].copy()


@pytest.fixture(scope="module")
def talk(speech: Callable[..., object]) -> Samples:
    """Half a minute of speech with pauses, at 16 kHz: more than one batch."""
    samples: Samples = speech(1.5).audio.samples  # type: ignore[attr-defined]
    assert len(samples) > 2 * BATCH * WINDOW
    return samples


def read(samples: Samples, network: Network | None = None, block: int = 100_000) -> Vector:
    reader = SpeechReader(network)
    for start in range(0, len(samples), block):
        reader.push(samples[start : start + block])
    return reader.finish()


@pytest.fixture(scope="module")
def heard(talk: Samples) -> Vector:
    """What the fast network hears in the talk."""
    return read(talk)


@model
def test_the_installed_model_runs_fast() -> None:
    assert isinstance(fastest_network(), FastNetwork)


@model
def test_the_fast_network_equals_the_published_one(talk: Samples, heard: Vector) -> None:
    published = read(talk, PublishedNetwork(model_path()))
    assert np.abs(heard - published).max() < 1e-4


@model
def test_windows_can_be_pushed_in_any_portions(talk: Samples) -> None:
    frames = talk[: CONTEXT + 40 * WINDOW, 0]
    windows = np.lib.stride_tricks.sliding_window_view(frames, CONTEXT + WINDOW)[::WINDOW].copy()
    whole, parts = fastest_network().push(windows), fastest_network()
    portions = np.concatenate([parts.push(windows[start:end]) for start, end in ((0, 1), (1, 15), (15, 40))])
    assert portions == pytest.approx(whole, abs=1e-5)


@model
@pytest.mark.parametrize("block", [160, 16_001, 10**9])
def test_the_size_of_blocks_changes_nothing(talk: Samples, heard: Vector, block: int) -> None:
    assert np.array_equal(read(talk, block=block), heard)


@model
def test_speech_is_heard_where_it_is(speech: Callable[..., object], heard: Vector) -> None:
    for utterance in speech(1.5).utterances:  # type: ignore[attr-defined]
        inside = heard[
            round(utterance.start_s / SpeechReader.window_s) : round(utterance.end_s / SpeechReader.window_s)
        ]
        before = heard[round((utterance.start_s - 1.2) / SpeechReader.window_s) :][: round(0.8 / SpeechReader.window_s)]
        assert (inside > 0.5).mean() > 0.9
        assert (before > 0.5).mean() < 0.1


def seconds(duration_s: float) -> Vector:
    return np.arange(round(16_000 * duration_s)) / np.float32(16_000)


@model
@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(80_000),
        0.1 * np.random.default_rng(3).standard_normal(80_000),
        sum(0.1 * np.sin(2 * np.pi * hz * seconds(5)) for hz in (220, 277.2, 329.6, 440)),
        0.3 * np.sin(2 * np.pi * 50 * seconds(5)),
    ],
    ids=["silence", "white noise", "chord", "hum"],
)
def test_what_is_no_speech_is_not_heard_as_speech(sound: np.ndarray) -> None:
    assert (read(sound.astype(np.float32)[:, np.newaxis]) > 0.5).mean() < 0.05


@model
def test_a_reader_remembers_nothing_of_another(talk: Samples) -> None:
    assert np.array_equal(read(talk[:80_000]), read(talk[:80_000]))


@pytest.mark.parametrize("frames", [1, WINDOW - 1, WINDOW, WINDOW + 1, 3 * WINDOW, BATCH * WINDOW + 5])
def test_every_started_window_gets_a_probability(frames: int) -> None:
    samples = np.arange(1, frames + 1, dtype=np.float32)[:, np.newaxis]
    assert read(samples, Echo()).tolist() == list(range(1, frames + 1, WINDOW))


def test_no_sound_gets_no_probability() -> None:
    assert SpeechReader(Echo()).finish().shape == (0,)


def test_finishing_twice_changes_nothing() -> None:
    reader = SpeechReader(Echo())
    reader.push(np.ones((WINDOW + 1, 1), np.float32))
    assert reader.finish().tolist() == reader.finish().tolist() == [1, 1]


@pytest.mark.parametrize("block", [1_000, BATCH * WINDOW, 10**9])
def test_each_window_is_given_with_the_end_of_the_one_before(block: int) -> None:
    network = Echo()
    samples = np.arange(1, (BATCH + 3) * WINDOW + 1, dtype=np.float32)[:, np.newaxis]
    read(samples, network, block)
    windows = np.concatenate(network.windows)
    assert not windows[0, :CONTEXT].any()
    assert np.array_equal(windows[1:, :CONTEXT], windows[:-1, -CONTEXT:])
    assert np.array_equal(windows[:, CONTEXT:].ravel(), samples[:, 0])


def test_the_last_window_is_filled_up_with_silence() -> None:
    network = Echo()
    read(np.ones((100, 1), np.float32), network)
    assert network.windows[0][0].tolist() == [0.0] * CONTEXT + [1.0] * 100 + [0.0] * (WINDOW - 100)


def test_a_batch_is_read_as_soon_as_it_is_full() -> None:
    network = Echo()
    reader = SpeechReader(network)
    reader.push(np.zeros((BATCH * WINDOW - 1, 1), np.float32))
    assert network.windows == []
    reader.push(np.zeros((1, 1), np.float32))
    assert [len(windows) for windows in network.windows] == [BATCH]


def test_weights_of_an_unknown_network_are_not_arranged() -> None:
    assert Encoder.from_weights({}) is None


@pytest.mark.parametrize(("basis", "outputs"), [((130, 1, 128), STATE), ((258, 1, 256), STATE // 2)])
def test_weights_of_another_shape_are_not_arranged(basis: tuple[int, ...], outputs: int) -> None:
    weights = {"encoder.feature_extractor.forward_basis_buffer": np.zeros(basis, np.float32)}
    for layer in range(4):
        weights[f"encoder.conv_layers.{layer}.weight"] = np.zeros((outputs, 8, 3), np.float32)
        weights[f"encoder.conv_layers.{layer}.bias"] = np.zeros(outputs, np.float32)
    assert Encoder.from_weights(weights) is None


@model
def test_a_graph_of_unknown_layout_runs_as_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silero.Encoder, "from_weights", lambda weights: None)
    assert isinstance(fastest_network(), PublishedNetwork)


@pytest.mark.parametrize(("stride", "places"), [(1, 4), (2, 2)])
def test_a_convolution_is_a_matrix_product(stride: int, places: int) -> None:
    rng = np.random.default_rng(8)
    weight, row = rng.standard_normal((5, 3, 3)), rng.standard_normal((4, 3))
    padded = np.pad(row, ((1, 1), (0, 0)))
    expected = [np.einsum("oit,ti->o", weight, padded[place * stride : place * stride + 3]) for place in range(places)]
    found = row.reshape(1, -1) @ silero._as_matrix(weight.astype(np.float32), 4, stride)
    assert found.ravel() == pytest.approx(np.ravel(expected), abs=1e-5)


@model
def test_the_model_lies_in_faster_whisper_without_importing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "faster_whisper", raising=False)
    assert model_path().name.startswith("silero_vad")
    assert model_path().is_file()
    assert "faster_whisper" not in sys.modules


def test_without_faster_whisper_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"audiokit\[offline\]"):
        model_path()


def test_a_faster_whisper_without_a_model_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = ModuleSpec("faster_whisper", None, is_package=True)
    spec.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(MissingDependencyError, match="that carries a Silero model"):
        model_path()


@model
@pytest.mark.parametrize("module", ["onnx", "onnxruntime"])
def test_without_its_runtime_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf"{module} is not installed.*audiokit\[offline\]"):
        fastest_network()
