"""audiokit.cli.clone with ElevenLabs' own SDK, against its service on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiokit.api import prep
from audiokit.audio.files import read
from audiokit.cli.main import cli
from audiokit.cloning.voices import VoiceBook
from audiokit.dataset.settings import PrepSettings
from tests.conftest import SAMPLES_DIR
from tests.vendors import faults
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

ADD = "/v1/voices/add"
AGREED = ("--consent", "The recordings are in the public domain.")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 77 s: the reader's recordings, three times at different levels."""
    folder = tmp_path_factory.mktemp("reader")
    for path in sorted((SAMPLES_DIR / "librivox").glob("*.wav")):
        for gain_db in (0, -1, -2):
            (read(path) + gain_db).save(folder / f"{path.stem[-4:]} {-gain_db}.wav")
    prep(folder, folder / "dataset", PrepSettings(min_s=1.5, keep_forced_cuts=True), jobs=1)
    return folder / "dataset"


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


def audiokit(*words: object) -> Result:
    result = CliRunner().invoke(cli, list(map(str, words)))
    assert KEY not in result.output
    return result


def test_a_dataset_becomes_a_voice(reader: Path, host: Host) -> None:
    options = ["--description", "calm", "--label", "accent=british", "--language", "en", *AGREED]
    result = audiokit("clone", reader, "--name", "Reader", *options)
    assert (result.exit_code, result.stdout) == (0, "Reader\n"), result.output
    (voice,) = host.app.voices.values()
    assert (voice["name"], voice["labels"]) == ("Reader", {"accent": "british", "language": "en"})
    entry = VoiceBook().entry("Reader")
    assert (entry.voice.voice_id, entry.origin, entry.state) == (voice["voice_id"], "instant", "ready")
    assert host.app.uploads[voice["voice_id"]] == [sample.sha256 for sample in entry.samples]
    assert 60 <= sum(sample.duration_s for sample in entry.samples) <= 180


def test_a_voice_that_must_be_verified_waits(reader: Path, host: Host) -> None:
    host.app.requires_verification = True
    result = audiokit("clone", reader, "--name", "Reader", *AGREED)
    assert "wants to see that the voice may be used" in result.stderr
    assert VoiceBook().entry("Reader").state == "waiting"


def test_a_dry_run_asks_nothing_of_the_service(reader: Path, host: Host) -> None:
    result = audiokit("clone", reader, "--name", "Reader", "--dry-run")
    assert (result.exit_code, host.requests) == (0, [])
    assert "60 s at least, 120 s are ideal, 180 s at most" in result.stdout
    assert "cost        $0.00 (instant clones are part of the plans" in result.stdout


@pytest.mark.parametrize(("kind", "limits"), [((), "60 s at least"), (("--professional",), "1800 s")])
def test_a_dry_run_needs_no_key(
    kind: tuple[str, ...], limits: str, reader: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ELEVENLABS_API_KEY")
    result = audiokit("clone", reader, "--name", "Reader", "--dry-run", *kind)
    assert (result.exit_code, limits in result.output) == (3 if kind else 0, True), result.output
    assert host.requests == []


def test_a_dry_run_needs_no_package_either(reader: Path, host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audiokit.providers.elevenlabs.client.find_spec", lambda name: None)
    result = audiokit("clone", reader, "--name", "Reader", "--dry-run")
    assert (result.exit_code, "60 s at least" in result.stdout) == (0, True), result.output
    result = audiokit("clone", reader, "--name", "Reader", *AGREED)
    assert (result.exit_code, "pip install 'audiokit[elevenlabs]'" in result.stderr) == (6, True)


def test_a_professional_clone_wants_half_an_hour(reader: Path, host: Host) -> None:
    result = audiokit("clone", reader, "--name", "Reader", "--professional", "--language", "en", *AGREED)
    assert result.exit_code == 3
    assert "at least 1800 s are needed" in result.stderr
    assert host.requests == []


@pytest.mark.parametrize(
    ("code", "detail", "message", "exit_code"),
    [
        (401, "invalid_api_key", "key", 4),
        (401, "quota_exceeded", "quota", 7),
        (400, "voice_limit_reached", "voice", 9),
        (403, "can_not_use_instant_voice_cloning", "upgrade", 5),
    ],
)
def test_each_refusal_has_its_own_words(
    code: int, detail: str, message: str, exit_code: int, reader: Path, host: Host
) -> None:
    host.faults.add(ADD, faults.status(code, {"detail": {"status": detail, "message": "No."}}))
    result = audiokit("clone", reader, "--name", "Reader", *AGREED)
    assert (result.exit_code, len(VoiceBook())) == (exit_code, 0)
    assert message in result.stderr.lower()


def test_a_full_account_is_told(reader: Path, host: Host) -> None:
    host.app.voice_limit = 0
    result = audiokit("clone", reader, "--name", "Reader", *AGREED)
    assert result.exit_code == 9
    assert "maximum amount of custom voices (0)" in result.stderr


def test_a_lost_answer_makes_no_second_voice(reader: Path, host: Host) -> None:
    host.faults.add(ADD, faults.status(500, worked=True))
    result = audiokit("clone", reader, "--name", "Reader", "--json", *AGREED)
    assert result.exit_code == 0, result.output
    assert list(host.app.voices) == [json.loads(result.stdout)["voice"]["voice_id"]]


@pytest.mark.parametrize("kind", [(), ("--professional", "--language", "en")])
def test_without_a_key_the_setting_is_named(
    kind: tuple[str, ...], reader: Path, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ELEVENLABS_API_KEY")
    result = audiokit("clone", reader, "--name", "Reader", *AGREED, *kind)
    assert (result.exit_code, "ELEVENLABS_API_KEY" in result.stderr) == (4, True)
