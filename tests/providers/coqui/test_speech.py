"""audiokit.providers.coqui.speech and audiokit.providers.coqui.xtts, with .latents and .engine.

A real XTTS, if a tiny one, end to end.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit import portal, registry
from audiokit.audio.buffer import Samples
from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ConfigError, ProviderError, UsageError
from audiokit.providers.coqui.engine import Engine, checked_device, open_engine
from audiokit.providers.coqui.files import find_model
from audiokit.providers.coqui.latents import NAMES
from audiokit.providers.coqui.speech import CoquiTTS
from audiokit.providers.coqui.voice_folder import VoiceFolder
from tests.providers.tts_contract import TTSContract

pytest.importorskip("TTS", reason="coqui-tts is not installed")
pytestmark = [pytest.mark.coqui, pytest.mark.model]

TEXT = "Shall we have some tea?"


def spoken(tts: CoquiTTS, text: str, voice: Voice | None) -> list[SpeechChunk]:
    return list(portal.iterate(tts.synthesize(text, voice)))


def engine_of(tts: CoquiTTS) -> Engine:
    assert tts._own is not None
    return open_engine(tts._own, "cpu")


def joined(chunks: list[SpeechChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


@pytest.fixture
def tts(xtts: Path) -> CoquiTTS:
    return CoquiTTS(str(xtts), device="cpu")


@pytest.fixture
def other_model(xtts: Path, tmp_path: Path) -> Path:
    """The same weights with another config.json: another model, as far as voices are concerned."""
    folder = tmp_path / "other"
    shutil.copytree(xtts, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"gpt_cond_len": 3}))
    return folder


class TestSound:
    def test_it_streams_pieces_of_mono_float32(self, tts: CoquiTTS, ann: Voice) -> None:
        chunks = spoken(tts, TEXT, ann)
        assert len(chunks) > 1
        assert {chunk.sample_rate for chunk in chunks} == {tts.sample_rate} == {24_000}
        assert {(chunk.samples.dtype.name, chunk.samples.shape[1]) for chunk in chunks} == {("float32", 1)}
        assert 0.001 < np.abs(joined(chunks)).max() <= 1

    def test_the_same_seed_gives_the_same_sound_and_another_one_another(self, xtts: Path, ann: Voice) -> None:
        first, second, other = (
            joined(spoken(CoquiTTS(str(xtts), device="cpu", seed=seed), TEXT, ann)) for seed in (0, 0, 1)
        )
        assert np.array_equal(first, second)
        assert first.shape != other.shape or not np.array_equal(first, other)

    def test_chance_elsewhere_in_the_program_is_left_alone(self, tts: CoquiTTS, ann: Voice) -> None:
        import torch

        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)
        spoken(tts, TEXT, ann)
        assert torch.equal(torch.rand(3), expected)

    def test_threads_do_not_disturb_each_other(self, tts: CoquiTTS, ann: Voice) -> None:
        alone = joined(spoken(tts, TEXT, ann))
        with ThreadPoolExecutor(3) as pool:
            together = list(pool.map(lambda _: joined(spoken(tts, TEXT, ann)), range(3)))
        assert all(np.array_equal(alone, other) for other in together)

    def test_a_text_longer_than_xtts_holds_is_spoken_in_pieces(self, tts: CoquiTTS, ann: Voice) -> None:
        sentence = "He was not an ill disposed young man, unless to be rather cold hearted is to be ill disposed. "
        assert len(joined(spoken(tts, 6 * sentence, ann))) > 2 * len(joined(spoken(tts, sentence, ann)))

    def test_a_higher_speed_takes_less_time(self, xtts: Path, ann: Voice) -> None:
        normal, fast = (joined(spoken(CoquiTTS(str(xtts), device="cpu", speed=pace), TEXT, ann)) for pace in (1, 2))
        assert len(fast) / len(normal) == pytest.approx(0.5, abs=0.1)

    def test_the_settings_of_the_voice_go_before_those_of_the_provider(self, xtts: Path, ann: Voice) -> None:
        of_voice = joined(
            spoken(CoquiTTS(str(xtts), device="cpu", speed=0.5), TEXT, replace(ann, settings={"speed": 2}))
        )
        assert np.array_equal(of_voice, joined(spoken(CoquiTTS(str(xtts), device="cpu", speed=2), TEXT, ann)))


class TestContract(TTSContract):
    @pytest.fixture
    def voice(self, ann: Voice) -> Voice:  # type: ignore[override]
        return ann


class TestClosing:
    def test_a_piece_is_heard_before_the_last_is_made(
        self, tts: CoquiTTS, ann: Voice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made, still_made = self.counted(tts, monkeypatch), []

        async def first_piece() -> None:
            async for _ in tts.synthesize(TEXT, ann):
                still_made.append(len(made))

        asyncio.run(first_piece())
        assert still_made[0] < len(made)

    def test_closing_stops_the_model_and_frees_it(
        self, tts: CoquiTTS, ann: Voice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        long = 40 * f"{TEXT} "
        whole = len(spoken(tts, long, ann))
        made = self.counted(tts, monkeypatch)

        async def first_piece() -> None:
            pieces = tts.synthesize(long, ann)
            async for _ in pieces:
                break
            await pieces.aclose()  # type: ignore[attr-defined]

        asyncio.run(first_piece())  # waits for the thread
        assert len(made) < whole
        assert len(spoken(tts, TEXT, ann)) > 0

    @staticmethod
    def counted(tts: CoquiTTS, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        tts.warm_up()
        model, made = engine_of(tts).model, []
        stream = model.inference_stream

        def counting(*args: Any, **settings: Any) -> Any:
            for sound in stream(*args, **settings):
                made.append(len(sound))
                yield sound

        monkeypatch.setattr(model, "inference_stream", counting)
        return made


class TestVoices:
    def test_what_the_model_heard_is_kept_and_the_recordings_are_not_read_again(
        self, tts: CoquiTTS, ann: Voice
    ) -> None:
        before = joined(spoken(tts, TEXT, ann))
        for recording in VoiceFolder(self.folder(ann)).references:
            recording.unlink()
        assert np.array_equal(before, joined(spoken(tts, TEXT, ann)))

    def test_another_model_listens_once_more_and_keeps_that_too(self, other_model: Path, ann: Voice) -> None:
        spoken(CoquiTTS(str(other_model), device="cpu"), TEXT, ann)
        assert len(list(self.folder(ann).glob("latents-*.npz"))) == 2

    def test_a_voice_brings_its_own_model(self, tts: CoquiTTS, ann: Voice) -> None:
        assert np.array_equal(joined(spoken(CoquiTTS(device="cpu"), TEXT, ann)), joined(spoken(tts, TEXT, ann)))

    @pytest.mark.parametrize("harm", [lambda path: path.write_bytes(b"PK"), Path.unlink])
    def test_latents_that_are_lost_are_computed_again(
        self, tts: CoquiTTS, ann: Voice, harm: Callable[[Path], object]
    ) -> None:
        before = joined(spoken(tts, TEXT, ann))
        (kept,) = self.folder(ann).glob("latents-*.npz")
        harm(kept)
        assert np.array_equal(before, joined(spoken(tts, TEXT, ann)))
        with np.load(kept, allow_pickle=False) as arrays:
            assert set(arrays) == set(NAMES)

    def test_a_folder_with_nothing_left_is_refused(self, tts: CoquiTTS, ann: Voice) -> None:
        for path in self.folder(ann).iterdir():
            path.unlink()
        with pytest.raises(ProviderError, match=r"holds no recordings any more\. Clone the voice again"):
            spoken(tts, TEXT, ann)

    def test_a_speaker_that_came_with_the_model_speaks(self, xtts: Path, tmp_path: Path, ann: Voice) -> None:
        import torch

        shutil.copytree(xtts, tmp_path / "with speakers")
        latents = VoiceFolder(self.folder(ann)).latents(find_model(str(xtts), name="").fingerprint)
        assert latents is not None
        speakers = {"Reader": {name: torch.from_numpy(latents[name]) for name in NAMES}}
        torch.save(speakers, tmp_path / "with speakers/speakers_xtts.pth")
        reader = Voice(name="Reader", provider="coqui", voice_id="Reader")
        tts = CoquiTTS(str(tmp_path / "with speakers"), device="cpu")
        assert np.array_equal(joined(spoken(tts, TEXT, reader)), joined(spoken(tts, TEXT, ann)))
        with pytest.raises(ProviderError, match="no speaker 'nobody' in it; it has: Reader"):
            spoken(tts, TEXT, replace(reader, voice_id="nobody"))

    @pytest.mark.parametrize(
        ("voice", "message"),
        [
            (None, "no voice is given, and it has none of its own"),
            (Voice(name="Bea", provider="coqui", voice_id="bea"), "there is no speaker 'bea' in it"),
        ],
    )
    def test_without_a_voice_it_tells_how_to_get_one(self, tts: CoquiTTS, voice: Voice | None, message: str) -> None:
        with pytest.raises(ProviderError, match=rf"{message}.*audiokit clone FILES --provider coqui"):
            spoken(tts, TEXT, voice)

    @staticmethod
    def folder(voice: Voice) -> Path:
        assert voice.folder is not None
        return voice.folder


class TestRefusals:
    @pytest.mark.parametrize("text", ["", " \n"])
    def test_an_empty_text(self, tts: CoquiTTS, ann: Voice, text: str) -> None:
        with pytest.raises(UsageError, match="the text is empty"):
            spoken(tts, text, ann)

    def test_a_language_the_model_does_not_speak(self, xtts: Path, tts: CoquiTTS, ann: Voice) -> None:
        with pytest.raises(ProviderError, match="does not speak 'fr'; it speaks: en, de, zh-cn"):
            CoquiTTS(str(xtts), language="fr")
        with pytest.raises(ProviderError, match="does not speak 'fr'"):
            spoken(tts, TEXT, replace(ann, language="fr"))

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"style": 1.0}, "XTTS has no setting 'style'; it has: speed, temperature"),
            ({"speed": 9.0}, "coqui: speed is 9.0; expected a number from 0.25 to 4"),
        ],
    )
    def test_settings_of_a_voice(self, tts: CoquiTTS, ann: Voice, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError) as refused:
            spoken(tts, TEXT, replace(ann, settings=settings))
        assert message in str(refused.value)

    def test_a_device_that_is_not_there(self, xtts: Path, ann: Voice) -> None:
        with pytest.raises(ConfigError, match="device is 'tpu'; expected auto, cpu, cuda"):
            spoken(CoquiTTS(str(xtts), device="tpu"), TEXT, ann)

    def test_a_failure_inside_the_model_is_told(
        self, tts: CoquiTTS, ann: Voice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object, **__: object) -> None:
            raise RuntimeError("CUDA out of memory\nlots of numbers")

        monkeypatch.setattr(engine_of(tts).model.tokenizer, "encode", fails)
        with pytest.raises(ProviderError, match=r"failed: RuntimeError: CUDA out of memory$") as told:
            spoken(tts, TEXT, ann)
        assert told.value.provider == "coqui"

    def test_weights_that_are_damaged(self, xtts: Path, tmp_path: Path, ann: Voice) -> None:
        shutil.copytree(xtts, tmp_path / "damaged")
        (tmp_path / "damaged/model.pth").write_bytes(b"no weights")
        with pytest.raises(ConfigError, match=r"model\.pth does not load as a xtts model"):
            spoken(CoquiTTS(str(tmp_path / "damaged")), TEXT, ann)


def test_the_settings_key_tells_what_changes_the_sound(xtts: Path, other_model: Path) -> None:
    keys = [
        CoquiTTS(model, **settings).settings_key
        for model in (str(xtts), str(other_model))
        for settings in ({}, {"seed": 1}, {"speed": 1.5}, {"temperature": 0.5}, {"language": "de"})
    ]
    assert len(set(keys)) == len(keys)
    assert CoquiTTS(str(xtts)).settings_key == CoquiTTS(str(xtts), device="cpu", speed=1).settings_key


def test_a_model_is_loaded_once_in_a_process(xtts: Path) -> None:
    files = find_model(str(xtts), name="")
    with ThreadPoolExecutor(3) as pool:
        engines = set(pool.map(lambda _: open_engine(files, "cpu"), range(3)))
    assert len(engines) == 1


def test_the_registry_knows_it(xtts: Path) -> None:
    assert registry.provider("tts", "coqui", model=str(xtts)).settings_key == CoquiTTS(str(xtts)).settings_key


def test_auto_is_a_gpu_where_there_is_one() -> None:
    import torch

    assert checked_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(ConfigError, match=r"device is 'cuda:64' and torch .* sees \d GPUs here"):
        checked_device("cuda:64")
