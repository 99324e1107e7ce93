"""audiokit.providers.tortoise.speech, .clone and .latents: a real Tortoise, if a tiny one, end to end."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from audiokit import config, portal, registry
from audiokit.audio.buffer import Audio
from audiokit.audio.files import info, read, write
from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ConfigError, ProviderError, SampleError, UsageError
from audiokit.providers.coqui.voice_folder import VoiceFolder
from audiokit.providers.tortoise.clone import TortoiseClone
from audiokit.providers.tortoise.latents import NAMES
from audiokit.providers.tortoise.speech import TortoiseTTS
from tests.providers.tortoise.tiny_tortoise import make_tortoise
from tests.providers.tts_contract import TTSContract

pytest.importorskip("TTS", reason="coqui-tts is not installed")
pytestmark = [pytest.mark.coqui, pytest.mark.model]

TEXT = "Shall we have some tea?"
QUICK = {"max_mel_tokens": 20}  # without training nothing tells it to stop
RECORDING = Path(__file__).parents[3] / "samples/librivox/sense_and_sensibility_01_austen_64kb-0870.wav"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_tortoise(tmp_path_factory.mktemp("tortoise")))


@pytest.fixture
def bea(model: str) -> Voice:
    return replace(TortoiseClone(model, device="cpu").clone([RECORDING], name="Bea"), settings=QUICK)


def tiny(model: str, **settings: object) -> TortoiseTTS:
    quick = {"device": "cpu", "num_autoregressive_samples": 2, "diffusion_iterations": 3}
    return TortoiseTTS(model, **quick | settings)  # type: ignore[arg-type]


def spoken(tts: TortoiseTTS, text: str, voice: Voice | None) -> list[SpeechChunk]:
    return list(portal.iterate(tts.synthesize(text, voice)))


def test_it_speaks_with_a_cloned_voice(model: str, bea: Voice) -> None:
    (chunk,) = spoken(tiny(model), TEXT, bea)
    assert (chunk.sample_rate, chunk.samples.dtype.name, chunk.samples.shape[1]) == (24_000, "float32", 1)
    assert 0.2 < chunk.duration_s < 5
    assert 0.001 < np.abs(chunk.samples).max() <= 1


def test_the_same_seed_gives_the_same_sound_and_another_one_another(model: str, bea: Voice) -> None:
    first, second, other = (spoken(tiny(model, seed=seed), TEXT, bea)[0].samples for seed in (0, 0, 1))
    assert np.array_equal(first, second)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_a_long_text_is_spoken_in_pieces(model: str, bea: Voice) -> None:
    assert len(spoken(tiny(model), 14 * f"{TEXT} ", bea)) == 2


def test_the_number_of_refinements_changes_the_sound(model: str, bea: Voice) -> None:
    few, more = (spoken(tiny(model, diffusion_iterations=steps), TEXT, bea)[0].samples for steps in (3, 6))
    assert not np.array_equal(few, more)


def test_a_voice_brings_its_own_model(model: str, bea: Voice) -> None:
    (chunk,) = spoken(tiny(""), TEXT, bea)
    assert np.array_equal(chunk.samples, spoken(tiny(model), TEXT, bea)[0].samples)


class TestContract(TTSContract):
    @pytest.fixture
    def tts(self, model: str) -> TortoiseTTS:
        return tiny(model)

    @pytest.fixture
    def voice(self, bea: Voice) -> Voice:  # type: ignore[override]
        return bea


class TestClone:
    def test_the_folder_is_one_of_tortoises_own(self, model: str, tmp_path: Path) -> None:
        audio = read(RECORDING)
        write(tmp_path / "long.mp3", Audio(np.tile(audio.samples, (3, 1)), audio.sample_rate))
        voice = TortoiseClone(model, device="cpu").clone([tmp_path / "long.mp3"], name="Bea", labels={"age": "old"})
        assert voice.folder == config.home() / "voices" / "bea"
        clips = sorted(voice.folder.glob("*.wav"))
        assert [clip.name for clip in clips] == ["1.wav", "2.wav", "3.wav"]
        facts = [info(clip) for clip in clips]
        assert {(clip.codec, clip.sample_rate, clip.channels) for clip in facts} == {("float", 22_050, 1)}
        assert max(clip.duration_s or 99 for clip in facts) <= 10.0
        assert json.loads((voice.folder / "voice.json").read_text("utf-8"))["labels"] == {"age": "old"}

    def test_what_the_model_heard_is_kept(self, model: str, bea: Voice) -> None:
        assert bea.folder is not None
        before = spoken(tiny(model), TEXT, bea)[0].samples
        for recording in VoiceFolder(bea.folder).references:
            recording.unlink()
        assert np.array_equal(before, spoken(tiny(model), TEXT, bea)[0].samples)
        (kept,) = bea.folder.glob("latents-*.npz")
        with np.load(kept, allow_pickle=False) as arrays:
            assert tuple(arrays) == NAMES

    def test_a_folder_made_for_tortoise_by_hand_speaks_too(self, model: str, tmp_path: Path) -> None:
        write(tmp_path / "mine.wav", read(RECORDING))
        voice = Voice(name="mine", provider="tortoise", voice_id="mine", folder=tmp_path, settings=QUICK)
        assert len(spoken(tiny(model), TEXT, voice)) == 1

    def test_no_samples_are_refused(self, model: str) -> None:
        with pytest.raises(SampleError, match="no samples"):
            TortoiseClone(model, device="cpu").clone([], name="Bea")


class TestRefusals:
    def test_no_voice(self, model: str) -> None:
        with pytest.raises(ProviderError, match=r"with a voice it has heard.*audiokit clone FILES --provider tortoise"):
            spoken(tiny(model), TEXT, None)

    def test_an_empty_text(self, model: str, bea: Voice) -> None:
        with pytest.raises(UsageError, match="the text is empty"):
            spoken(tiny(model), " ", bea)

    def test_another_kind_of_model(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text('{"model": "vits"}')
        (tmp_path / "model.pth").write_bytes(b"")
        with pytest.raises(ConfigError, match=r"is a vits model\. Open it with the provider coqui"):
            TortoiseTTS(str(tmp_path))

    def test_an_unknown_preset(self, model: str) -> None:
        with pytest.raises(ConfigError, match="preset is 'slow'"):
            TortoiseTTS(model, preset="slow")


def test_the_settings_key_tells_what_changes_the_sound(model: str) -> None:
    changes: list[dict[str, object]] = [{}, {"preset": "ultra_fast"}, {"seed": 1}, {"diffusion_iterations": 9}]
    assert len({tiny(model, **change).settings_key for change in changes}) == 4
    assert TortoiseTTS(model).settings_key == TortoiseTTS(model, device="cpu", preset="fast").settings_key


def test_the_registry_knows_both(model: str) -> None:
    key = registry.provider("tts", "tortoise", model=model).settings_key
    assert key == TortoiseTTS(model).settings_key
    assert registry.provider("clone", "tortoise", model=model).requirements.ideal_total_s == 50
