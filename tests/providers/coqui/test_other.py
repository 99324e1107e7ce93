"""audiokit.providers.coqui.other: models of Coqui's that do not stream, on a real VITS, if a tiny one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiokit import portal
from audiokit.audio.buffer import Samples
from audiokit.contracts import Voice
from audiokit.errors import ConfigError, ProviderError
from audiokit.providers.coqui.clone import CoquiClone
from audiokit.providers.coqui.other import PAUSE_FRAMES
from audiokit.providers.coqui.speech import CoquiTTS
from tests.providers.coqui.tiny_vits import make_vits

pytest.importorskip("TTS", reason="coqui-tts is not installed")
pytestmark = [pytest.mark.coqui, pytest.mark.model]


@pytest.fixture(scope="module")
def vits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_vits(tmp_path_factory.mktemp("vits"))


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_vits(tmp_path_factory.mktemp("several"), speakers=("ann", "bea"))


def spoken(model: Path, text: str, voice_id: str = "", **settings: object) -> list[Samples]:
    voice = Voice(name="reader", provider="coqui", voice_id=voice_id) if voice_id else None
    tts = CoquiTTS(str(model), device="cpu", **settings)  # type: ignore[arg-type]
    return [chunk.samples for chunk in portal.iterate(tts.synthesize(text, voice))]


def test_each_sentence_is_a_piece_and_a_pause_stands_between_them(vits: Path) -> None:
    first, last = spoken(vits, "He was not an ill disposed young man. Was he?")
    assert not first[-PAUSE_FRAMES:].any()
    assert np.abs(first[:-PAUSE_FRAMES]).max() > 0
    assert np.abs(last[-PAUSE_FRAMES:]).max() > 0
    assert CoquiTTS(str(vits)).sample_rate == 16_000


def test_the_same_seed_gives_the_same_sound(vits: Path) -> None:
    (first,), (second,), (other,) = (spoken(vits, "Tea?", seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first, second)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_speakers_differ_and_the_first_is_the_default(several: Path) -> None:
    (default,), (ann,), (bea,) = (spoken(several, "Tea?", voice) for voice in ("", "ann", "bea"))
    assert np.array_equal(default, ann)
    assert ann.shape != bea.shape or not np.array_equal(ann, bea)


def test_an_unknown_speaker_is_refused(vits: Path, several: Path) -> None:
    with pytest.raises(ProviderError, match="has no speaker 'carl'; it has: ann, bea"):
        spoken(several, "Tea?", "carl")
    with pytest.raises(ProviderError, match="has no speaker 'carl'; it has one voice: leave the name out"):
        spoken(vits, "Tea?", "carl")


def test_it_clones_nothing(vits: Path, tmp_path: Path, samples: list[Path]) -> None:
    with pytest.raises(ConfigError, match=r"cannot clone a voice\. Leave the model out: XTTS v2 can"):
        CoquiClone(str(vits), device="cpu").clone(samples, name="Ann")
    tts, ann = CoquiTTS(str(vits), device="cpu"), Voice(name="a", provider="coqui", voice_id="a", folder=tmp_path)
    with pytest.raises(ProviderError, match="cannot speak with a cloned voice"):
        list(portal.iterate(tts.synthesize("Tea?", ann)))


@pytest.mark.parametrize("setting", ["speed", "temperature"])
def test_settings_of_xtts_are_refused(vits: Path, setting: str) -> None:
    with pytest.raises(ConfigError, match=f"has no setting '{setting}'; only XTTS has"):
        CoquiTTS(str(vits), **{setting: 1.5})  # type: ignore[arg-type]
