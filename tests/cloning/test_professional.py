"""audiokit.cloning.professional, audiokit.cli.voices_status and audiokit.providers.elevenlabs.professional_door."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiokit.cli.main import cli
from audiokit.cloning.clone import CloneSettings, Workshop, make, planned
from audiokit.cloning.consent import Statement
from audiokit.cloning.entry import VoiceEntry, now
from audiokit.cloning.professional import ProfessionalDoor, job_of, status
from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import Voice
from audiokit.errors import ProviderError, UsageError
from audiokit.providers.elevenlabs.professional_door import ElevenLabsProfessional
from tests.cloning.makers import REQUIREMENTS, PitchEncoder, material
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

AGREED = Statement(text="I am the speaker and agree.")


@pytest.fixture(scope="module")
def running() -> Iterator[Host]:
    with Host(ElevenLabs()) as host:
        yield host


@pytest.fixture
def host(running: Host, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    running.clear()
    running.app = ElevenLabs()
    monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
    monkeypatch.setenv("ELEVENLABS_BASE_URL", running.url)
    yield running
    running.check()


@pytest.fixture
def begun(host: Host, tmp_path: Path) -> Callable[[], VoiceEntry]:
    """Begin a professional clone of some seconds, which the real service would refuse."""

    def begin() -> VoiceEntry:
        door = ProfessionalDoor("elevenlabs", VoiceBook().home)
        door.requirements = replace(REQUIREMENTS, max_bytes=1_000_000)
        shop = Workshop(cloner=door, encoder=PitchEncoder(), provider="elevenlabs", origin="professional")
        settings = CloneSettings(language="en", description="warm", professional=True)
        with planned(material(tmp_path, [(100, 12, 0.5)] * 4), shop, "Ann", settings) as plan:
            return make(plan, AGREED, VoiceBook())

    return begin


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


def test_a_professional_clone_waits_for_its_owner(begun: Callable[[], VoiceEntry], host: Host) -> None:
    entry = begun()
    assert (entry.origin, entry.state, entry.voice.voice_id) == ("professional", "waiting", "voice0001")
    assert VoiceBook().entry("Ann") == entry
    sent = [sample["file_name"] for sample in host.app.voices["voice0001"]["samples"]]
    assert len(sent) == len(entry.samples)
    assert "warm" in host.app.voices["voice0001"]["description"]


def test_from_the_captcha_to_the_trained_voice(begun: Callable[[], VoiceEntry], host: Host, tmp_path: Path) -> None:
    folder = begun().voice.folder
    assert folder is not None
    told = audiokit("voices", "status", "ann")
    assert (told.exit_code, told.stdout) == (0, "Ann: waiting (captcha)\n")
    assert "--verify RECORDING" in told.stderr
    assert [path.suffix for path in folder.glob("*captcha*")] == [".png"]
    material(tmp_path, [(100, 3, 0.5)])
    told = audiokit("voices", "status", "Ann", "--verify", tmp_path / "000.wav")
    assert (told.exit_code, told.stdout) == (0, "Ann: training (wait for training)\n"), told.output
    assert VoiceBook().entry("Ann").state == "training"
    told = audiokit("voices", "status", "Ann", "--wait", "--poll", "0.01", "--json")
    assert json.loads(told.stdout) == {"name": "Ann", "state": "ready", "step": "done", "to_do": ""}
    entry = VoiceBook().entry("Ann")
    assert (entry.state, entry.voice.model, entry.voice.folder) == ("ready", "eleven_multilingual_v2", None)
    assert entry.voice.requires_verification is False
    assert not folder.exists()
    assert audiokit("voices", "status", "Ann").stdout == "Ann: ready\n"


def test_a_proof_goes_to_people(begun: Callable[[], VoiceEntry], tmp_path: Path) -> None:
    begun()
    (tmp_path / "proof.pdf").write_bytes(b"%PDF signed")
    told = audiokit("voices", "status", "Ann", "--request-verification", tmp_path / "proof.pdf")
    assert (told.exit_code, told.stdout) == (0, "Ann: waiting (wait for verification)\n"), told.output


def test_a_failed_training_can_be_begun_again(begun: Callable[[], VoiceEntry], host: Host, tmp_path: Path) -> None:
    host.app.training_outcome = "failed"
    begun()
    material(tmp_path, [(100, 3, 0.5)])
    audiokit("voices", "status", "Ann", "--verify", tmp_path / "000.wav")
    told = audiokit("voices", "status", "Ann", "--wait", "--poll", "0.01")
    assert (told.exit_code, "too much noise" in told.stderr) == (5, True), told.output
    told = audiokit("voices", "status", "Ann")
    assert "too much noise" in told.stderr
    assert "--train-again" in told.stderr
    host.app.training_outcome = "fine_tuned"
    audiokit("voices", "status", "Ann", "--train-again")
    assert audiokit("voices", "status", "Ann", "--wait", "--poll", "0.01").stdout == "Ann: ready\n"


def test_an_interrupted_beginning_goes_on_without_a_second_voice(begun: Callable[[], VoiceEntry], host: Host) -> None:
    host.faults.add("/v1/voices/pvc/*/samples", faults.status(400, {"detail": {"status": "x", "message": "no"}}))
    with pytest.raises(ProviderError) as error:
        begun()
    assert "Go on: audiokit voices status 'Ann'" in error.value.__notes__[0]
    assert (len(host.app.voices), VoiceBook().entry("Ann").state) == (1, "waiting")
    assert audiokit("voices", "status", "Ann").exit_code == 0
    assert (len(host.app.voices), len(VoiceBook())) == (1, 1)
    (voice,) = host.app.voices.values()
    names = [sample["file_name"] for sample in voice["samples"]]
    assert len(set(names)) == len(names) == len(VoiceBook().entry("Ann").samples)


def test_an_unfinished_clone_can_be_given_up(begun: Callable[[], VoiceEntry], host: Host) -> None:
    host.faults.add("/v1/voices/pvc/*/samples", faults.status(400, {"detail": {"status": "x", "message": "no"}}))
    with pytest.raises(ProviderError):
        begun()
    folder = VoiceBook().get("Ann").folder
    assert folder is not None
    assert audiokit("voices", "delete", "Ann", "--yes").exit_code == 0
    assert (host.app.voices, len(VoiceBook()), folder.exists()) == ({}, 0, False)
    begun()
    assert VoiceBook().get("Ann").voice_id in host.app.voices


def test_other_recordings_leave_those_of_the_first_attempt_alone(host: Host, tmp_path: Path) -> None:
    door = ProfessionalDoor("elevenlabs", VoiceBook().home)
    made = []
    for folder, pitch_hz in ((tmp_path / "a", 100), (tmp_path / "b", 200)):
        folder.mkdir()
        material(folder, [(pitch_hz, 2, 0.5)])
        made.append(door.clone([folder / "000.wav"], name="Ann", language="en"))
    for voice, source in zip(made, (tmp_path / "a", tmp_path / "b"), strict=True):
        assert voice.folder is not None
        assert (voice.folder / "000.wav").read_bytes() == (source / "000.wav").read_bytes()
    assert sorted(host.app.voices) == sorted(voice.voice_id for voice in made)


def test_a_recording_that_has_changed_is_not_sent(begun: Callable[[], VoiceEntry], host: Host) -> None:
    host.faults.add("/v1/voices/pvc/*/samples", faults.status(400, {"detail": {"status": "x", "message": "no"}}))
    with pytest.raises(ProviderError):
        begun()
    folder = VoiceBook().get("Ann").folder
    assert folder is not None
    sent = list(host.app.voices["voice0001"]["samples"])
    for sample in folder.glob("sample_*"):
        sample.write_bytes(sample.read_bytes()[:-2])
    told = audiokit("voices", "status", "Ann")
    assert (told.exit_code, "has changed since the clone was begun" in told.stderr) == (3, True)
    assert host.app.voices["voice0001"]["samples"] == sent


def test_a_language_is_needed(host: Host, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--language en"):
        ProfessionalDoor("elevenlabs", tmp_path).clone([], name="Ann")


def test_an_instant_clone_that_waits_is_asked_after(host: Host) -> None:
    host.app.new_voice("Ben", voice_verification={
        "requires_verification": True, "is_verified": False, "verification_failures": [],
        "verification_attempts_count": 0,
    })  # fmt: skip
    voice = Voice(name="Ben", provider="elevenlabs", voice_id="voice0001", requires_verification=True)
    VoiceBook().add(VoiceEntry(voice=voice, origin="instant", created=now(), state="waiting"))
    assert status(VoiceBook(), "Ben").step == "wait for verification"
    host.app.voices["voice0001"]["voice_verification"]["is_verified"] = True
    assert status(VoiceBook(), "Ben").step == "done"
    assert VoiceBook().entry("Ben").state == "ready"
    assert VoiceBook().get("Ben").requires_verification is False


def test_another_voice_has_no_next_step() -> None:
    VoiceBook().add(VoiceEntry(voice=Voice(name="Cy", provider="coqui", voice_id="x"), origin="local", created=now()))
    assert audiokit("voices", "status", "Cy").stdout == "Cy: ready\n"
    with pytest.raises(UsageError, match="is no professional clone on its way: it is local, ready"):
        job_of(VoiceBook().entry("Cy"))
    result = audiokit("voices", "status", "Cy", "--choose-longest")
    assert result.exit_code == 2


def test_half_an_hour_is_the_least(host: Host) -> None:
    assert ElevenLabsProfessional.requirements.min_total_s == 1800
    assert ProfessionalDoor("elevenlabs", VoiceBook().home).requirements == ElevenLabsProfessional.requirements
