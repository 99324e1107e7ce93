"""A turn model in a file (audiokit.providers.smart_turn)."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from audiokit.agent.chosen import ProviderConfig, open_provider
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import AudioChunk
from audiokit.errors import ConfigError
from audiokit.portal import iterate
from audiokit.providers.smart_turn import SmartTurn, log_mel
from audiokit.registry import provider

NAME = "smart-turn-v3.2-cpu.onnx"


def real_model() -> Path:
    """Find the file: named by AUDIOKIT_SMART_TURN, or in an installed Pipecat."""
    named = os.environ.get("AUDIOKIT_SMART_TURN", "")
    wheel = find_spec("pipecat")
    folders = list(wheel.submodule_search_locations or []) if wheel else []
    places = [Path(named), *(Path(each) / "audio" / "turn" / "smart_turn" / "data" / NAME for each in folders)]
    found = [place for place in places if place.is_file()]
    if not found:
        pytest.skip(f"no {NAME}: install pipecat-ai, or name one in AUDIOKIT_SMART_TURN")
    return found[0]


@pytest.fixture
def loudness_model(tmp_path: Path) -> Path:
    """A network with the doors of the real one: the mean of the features, as a probability."""
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        helper.make_node("ReduceMean", ["input_features"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["row"]),
        helper.make_node("Sigmoid", ["row"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "loudness",
        [helper.make_tensor_value_info("input_features", kind, ["batch", 80, 800])],
        [helper.make_tensor_value_info("logits", kind, ["batch", 1])],
        [helper.make_tensor("axis", onnx.TensorProto.INT64, [1], [1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, tmp_path / "loudness.onnx")
    return tmp_path / "loudness.onnx"


def noise(duration_s: float, sample_rate: int = 16000) -> AudioChunk:
    frames = round(duration_s * sample_rate)
    return AudioChunk(np.random.default_rng(1).normal(0, 0.1, (frames, 1)).astype(np.float32), sample_rate)


@pytest.mark.parametrize("duration_s", [0.5, 8.0, 11.0])
def test_the_features_are_whispers(duration_s: float) -> None:
    extractor = pytest.importorskip("faster_whisper.feature_extractor").FeatureExtractor(feature_size=80)
    wave = noise(duration_s).samples[:, 0]
    last = np.pad(wave[-128_000:], (max(0, 128_000 - len(wave)), 0))
    expected = extractor((last - last.mean()) / last.std(), padding=0)
    features = log_mel(wave)
    assert features.shape == (80, 800)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, expected[:, :800], atol=1e-3)


def test_silence_has_features_too() -> None:
    assert np.isfinite(log_mel(np.zeros(0, np.float32))).all()


def test_it_is_opened_by_its_name_and_asked_for_a_probability(loudness_model: Path) -> None:
    pytest.importorskip("onnxruntime")
    turn = open_provider("turn", ProviderConfig(provider="smart-turn", settings={"model": str(loudness_model)}))
    brief, long = (turn.finished_probability(noise(seconds), "") for seconds in (0.5, 8.0))
    assert 0 < brief < long < 1


def test_another_rate_is_brought_to_its_own(loudness_model: Path) -> None:
    pytest.importorskip("onnxruntime")
    turn = SmartTurn(loudness_model)
    tone = np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000).astype(np.float32)[:, np.newaxis]
    low = AudioChunk(Audio(tone, 48_000).resample(16_000).samples, 16_000)
    assert turn.finished_probability(AudioChunk(tone, 48_000)) == pytest.approx(
        turn.finished_probability(low), abs=1e-4
    )


def test_a_file_that_is_not_there_is_said() -> None:
    with pytest.raises(ConfigError, match=r"no file .*nowhere\.onnx"):
        SmartTurn("nowhere.onnx")


def test_a_file_that_is_no_network_is_said(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "letter.onnx").write_text("Dear reader")
    with pytest.raises(ConfigError, match=r"letter\.onnx is no ONNX model"):
        SmartTurn(tmp_path / "letter.onnx")


def test_another_network_is_refused() -> None:
    pytest.importorskip("onnxruntime")
    from audiokit.analysis.silero import model_path

    with pytest.raises(ConfigError, match="expected input_features"):
        SmartTurn(model_path())


@pytest.mark.model
@pytest.mark.parametrize(("text", "is_finished"), [
    ("What time does the next train leave?", True), ("Please tell me a story about a fox.", True),
    ("That is all, thank you.", True), ("I would like to, um,", False), ("So what I wanted to ask is, um", False),
    ("I would like a table for two, and, uh,", False),
])  # fmt: skip
def test_the_real_one_tells_an_end_from_a_hesitation(text: str, is_finished: bool) -> None:
    pytest.importorskip("onnxruntime")
    turn, tts = SmartTurn(real_model()), provider("tts", "hibari")
    samples = np.concatenate([chunk.samples for chunk in iterate(tts.synthesize(text))])
    spoken = Audio(samples, tts.sample_rate).resample(16_000).samples
    pause = np.zeros((3200, 1), np.float32)
    probability = turn.finished_probability(AudioChunk(np.concatenate([spoken, pause]), 16_000))
    assert probability > 0.9 if is_finished else probability < 0.1
