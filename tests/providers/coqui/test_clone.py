"""audiokit.providers.coqui.clone: from recordings to a voice that speaks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from audiokit import config, registry
from audiokit.audio.buffer import Audio
from audiokit.audio.files import info, read, write
from audiokit.errors import AudioFileError, SampleError
from audiokit.providers.coqui.clone import CoquiClone
from audiokit.providers.coqui.files import find_model
from audiokit.providers.coqui.latents import NAMES
from audiokit.providers.coqui.voice_folder import VoiceFolder

pytest.importorskip("TTS", reason="coqui-tts is not installed")
pytestmark = [pytest.mark.coqui, pytest.mark.model]


def test_a_voice_is_a_folder_with_recordings_latents_and_facts(xtts: Path, samples: list[Path]) -> None:
    voice = CoquiClone(str(xtts), device="cpu").clone(
        samples, name="Ann Müller", description="warm", language="de", labels={"accent": "north"}
    )
    assert (voice.provider, voice.voice_id, voice.model, voice.language) == ("coqui", "ann-muller", str(xtts), "de")
    assert voice.folder == config.home() / "voices" / "ann-muller"
    fingerprint = find_model(str(xtts), name="").fingerprint
    names = {"1.wav", "2.wav", "voice.json", f"latents-{fingerprint}.npz"}
    assert {path.name for path in voice.folder.iterdir()} == names
    facts = json.loads((voice.folder / "voice.json").read_text("utf-8"))
    assert (facts["name"], facts["labels"], facts["description"]) == ("Ann Müller", {"accent": "north"}, "warm")
    copy = info(voice.folder / "1.wav")
    assert (copy.codec, copy.sample_rate, copy.channels) == ("float", 22_050, 1)


def test_the_latents_are_those_that_coqui_computes_itself(xtts: Path, samples: list[Path]) -> None:
    torchaudio = pytest.importorskip("torchaudio")
    try:
        torchaudio.load(samples[0])
    except RuntimeError as error:  # torchcodec without FFmpeg's libraries
        pytest.skip(f"torchaudio reads no files here: {str(error).splitlines()[0]}")
    clone = CoquiClone(str(xtts), device="cpu")
    voice = clone.clone(samples, name="Ann")
    assert voice.folder is not None
    kept = VoiceFolder(voice.folder).latents(find_model(str(xtts), name="").fingerprint)
    assert kept is not None
    from audiokit.providers.coqui.engine import open_engine

    model = open_engine(find_model(str(xtts), name=""), "cpu").model
    theirs = model.get_conditioning_latents(
        audio_path=[str(path) for path in samples], gpt_cond_len=6, gpt_cond_chunk_len=3, max_ref_length=10
    )
    for name, latent in zip(NAMES, theirs, strict=True):
        ours, other = kept[name].ravel(), latent.numpy().ravel()
        assert kept[name].shape == tuple(latent.shape)
        assert ours @ other / np.linalg.norm(ours) / np.linalg.norm(other) > 0.999  # the resamplers differ


def test_a_long_recording_is_heard_to_its_end(xtts: Path, tmp_path: Path, samples: list[Path]) -> None:
    audio = read(samples[0])
    write(tmp_path / "long.wav", Audio(np.tile(audio.samples, (4, 1)), audio.sample_rate))
    voice = CoquiClone(str(xtts), device="cpu").clone([tmp_path / "long.wav"], name="Ann")
    assert voice.folder is not None
    lengths_s = [read(path).duration_s for path in VoiceFolder(voice.folder).references]
    assert sum(lengths_s) == pytest.approx(4 * audio.duration_s, abs=0.001)
    assert max(lengths_s) <= 10  # max_ref_len of the tiny model


def test_two_voices_of_one_name_do_not_mix(xtts: Path, samples: list[Path]) -> None:
    clone = CoquiClone(str(xtts), device="cpu")
    voices = [clone.clone([sample], name="Ann") for sample in samples]
    assert [voice.voice_id for voice in voices] == ["ann", "ann-2"]


@pytest.mark.parametrize("extension", ["mp3", "m4a", "flac"])
def test_any_recording_will_do(xtts: Path, tmp_path: Path, samples: list[Path], extension: str) -> None:
    audio = read(samples[1])
    stereo = Audio(audio.samples.repeat(2, axis=1), audio.sample_rate).resample(44_100)
    write(tmp_path / f"talk.{extension}", stereo)
    voice = CoquiClone(str(xtts), device="cpu").clone([tmp_path / f"talk.{extension}"], name="Ann")
    assert voice.folder is not None
    assert info(voice.folder / "1.wav").duration_s == pytest.approx(audio.duration_s, abs=0.1)


class TestRefusals:
    def test_no_samples(self, xtts: Path) -> None:
        with pytest.raises(SampleError, match="no samples to clone a voice from"):
            CoquiClone(str(xtts), device="cpu").clone([], name="Ann")

    def test_a_sample_that_is_not_there(self, xtts: Path, tmp_path: Path) -> None:
        with pytest.raises(AudioFileError, match=r"gone\.wav"):
            CoquiClone(str(xtts), device="cpu").clone([tmp_path / "gone.wav"], name="Ann")

    def test_a_third_of_a_second_is_too_short_and_leaves_nothing_behind(self, xtts: Path, tmp_path: Path) -> None:
        write(tmp_path / "short.wav", Audio(np.full(4_000, 0.1, np.float32), 16_000))
        with pytest.raises(SampleError, match=r"0\.25 s of samples; XTTS needs at least 0\.33 s"):
            CoquiClone(str(xtts), device="cpu").clone([tmp_path / "short.wav"], name="Ann")
        assert list((config.home() / "voices").iterdir()) == []


def test_the_registry_knows_it(xtts: Path) -> None:
    assert "wav" in registry.provider("clone", "coqui", model=str(xtts)).requirements.formats
