"""audiokit.analysis.laughter, with small networks that take a tone for laughter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiokit.analysis.laughter import KNOWN, Tagger, model_sha256, tagger
from audiokit.analysis.silero import model_path
from audiokit.audio.buffer import Audio
from audiokit.errors import ConfigError
from tests.analysis.taggers import ELSE, panns, with_tone, yamnet

RATE = 24_000
Writer = Callable[..., Path]


def hiss(duration_s: float, sample_rate: int = RATE, channels: int = 1) -> Audio:
    frames = round(duration_s * sample_rate)
    return Audio(np.random.default_rng(1).normal(0, 0.1, (frames, channels)).astype(np.float32), sample_rate)


@pytest.mark.parametrize("writer", [yamnet, panns])
@pytest.mark.parametrize(("start_s", "end_s"), [(0.0, 1.5), (3.3, 4.8), (6.2, 7.7)])
def test_laughter_is_heard_wherever_it_is(writer: Writer, start_s: float, end_s: float, tmp_path: Path) -> None:
    model = Tagger(writer(tmp_path / "tagger.onnx"))
    assert model.laughter(hiss(7.7)) < 0.1
    assert 0.4 < model.laughter(with_tone(hiss(7.7), start_s, end_s)) < 1


@pytest.mark.parametrize("writer", [yamnet, panns])
def test_the_louder_it_is_the_surer(writer: Writer, tmp_path: Path) -> None:
    model = Tagger(writer(tmp_path / "tagger.onnx"))
    found = [model.laughter(with_tone(hiss(5.0), 1, 4, level=level)) for level in (0.01, 0.03, 0.1, 0.3, 1)]
    assert found == sorted(found)
    assert found[-1] > 0.95


@pytest.mark.parametrize(("writer", "places"), [(yamnet, range(13, 19)), (panns, range(16, 22))])
def test_all_laughter_counts_and_nothing_beside_it(writer: Writer, places: range, tmp_path: Path) -> None:
    sound = with_tone(hiss(2.0), 0, 2, level=1)
    for place in places:
        assert Tagger(writer(tmp_path / f"{place}.onnx", classes=(place,))).laughter(sound) > 0.9
    around = Tagger(writer(tmp_path / "around.onnx", classes=(0, places.start - 1, places.stop)))
    assert around.laughter(sound) == pytest.approx(ELSE)


@pytest.mark.parametrize("writer", [yamnet, panns])
@pytest.mark.parametrize(("sample_rate", "channels"), [(8_000, 1), (16_000, 2), (32_000, 1), (44_100, 2)])
def test_any_rate_and_channels_are_brought_to_its_own(
    writer: Writer, sample_rate: int, channels: int, tmp_path: Path
) -> None:
    sound = with_tone(hiss(3.0, sample_rate, channels), 0, 3, level=2)
    assert Tagger(writer(tmp_path / "tagger.onnx")).laughter(sound) > 0.95


@pytest.mark.parametrize("writer", [yamnet, panns])
@pytest.mark.parametrize("duration_s", [1 / RATE, 0.5])
def test_silence_is_added_to_what_is_short(writer: Writer, duration_s: float, tmp_path: Path) -> None:
    assert 0 <= Tagger(writer(tmp_path / "tagger.onnx")).laughter(hiss(duration_s)) < 0.1


def test_a_network_that_takes_one_length_gets_it(tmp_path: Path) -> None:
    model = Tagger(yamnet(tmp_path / "fixed.onnx", size=15_600))
    assert model.laughter(hiss(0.4)) < 0.1
    assert model.laughter(with_tone(hiss(6.0), 4.9, 6.0)) > 0.5


def test_a_network_is_opened_once(tmp_path: Path) -> None:
    path = yamnet(tmp_path / "tagger.onnx")
    assert tagger(str(path)) is tagger(str(path))


def test_other_weights_have_another_hash(tmp_path: Path) -> None:
    one, other = (str(panns(tmp_path / f"{place}.onnx", classes=(place,))) for place in (16, 17))
    assert model_sha256(one) == model_sha256(one) != model_sha256(other)
    with pytest.raises(ConfigError, match=r"nowhere\.onnx cannot be read: No such file.*YAMNet.*PANNs"):
        model_sha256("nowhere.onnx")


@pytest.mark.parametrize(("write", "said"), [
    (lambda path: None, r"tagger\.onnx cannot be read: No such file"),
    (lambda path: path.mkdir(), r"tagger\.onnx cannot be read"),
    (lambda path: path.write_text("Dear reader"), r"tagger\.onnx is no ONNX model that opens"),
    (lambda path: panns(path, count=50), r"tagger\.onnx gives 1x50, and no probabilities of 521 or 527"),
    (lambda path: panns(path, scale=200), r"tagger\.onnx gives 1x527, and no probabilities"),
    (lambda path: panns(path, scale=-1), r"tagger\.onnx gives 1x527, and no probabilities"),
    (lambda path: yamnet(path, size=9_000), r"tagger\.onnx fails on a waveform of 9000 samples"),
])  # fmt: skip
def test_a_file_of_another_kind_is_refused(write: Callable[[Path], object], said: str, tmp_path: Path) -> None:
    write(tmp_path / "tagger.onnx")
    with pytest.raises(ConfigError, match=f"{said}.* A sounds model is an ONNX file of YAMNet"):
        Tagger(tmp_path / "tagger.onnx")


def test_a_network_of_another_purpose_is_refused() -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(ConfigError, match=r"silero_vad.*takes input .*, and no waveform"):
        Tagger(model_path())


def test_the_classes_of_both_networks_are_the_same_six() -> None:
    assert {count: len(range(count)[classes.laughter]) for count, classes in KNOWN.items()} == {521: 6, 527: 6}
