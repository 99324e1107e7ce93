"""audiokit.cli.clone and audiokit.cli.pairs, as a shell sees them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result

from audiokit import config
from audiokit.api import prep
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read, write
from audiokit.cli import pairs
from audiokit.cli.main import cli
from audiokit.cloning.voices import VoiceBook
from audiokit.dataset.settings import PrepSettings
from tests.conftest import SAMPLES_DIR

EXAMPLE = Path(__file__).parents[2] / "docs" / "plugin-template"
READER = sorted((SAMPLES_DIR / "librivox").glob("*.wav"))
AGREED = ("--consent", "The recordings are in the public domain.")


@pytest.fixture(scope="module")
def plug_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package, installed by pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("plug-in")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*command, "--disable-pip-version-check", "--target", folder, EXAMPLE], check=True)
    return folder


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of one voice."""
    folder = tmp_path_factory.mktemp("reader") / "dataset"
    prep(READER, folder, PrepSettings(min_s=1.5, keep_forced_cuts=True), jobs=1)
    return folder


@pytest.fixture
def audiokit(plug_in: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command line with the plug-in installed."""
    monkeypatch.syspath_prepend(plug_in)
    return lambda *words, **options: CliRunner().invoke(cli, list(map(str, words)), **options)


@pytest.mark.process
def test_an_installed_plug_in_makes_a_voice(plug_in: Path) -> None:
    words = ["clone", *map(str, READER), "--name", "Reader", "--provider", "echo", *AGREED]
    environment = {**os.environ, "PYTHONPATH": str(plug_in)}
    result = subprocess.run([sys.executable, "-m", "audiokit", *words], capture_output=True, text=True, env=environment)
    assert (result.returncode, result.stdout) == (0, "Reader\n"), result.stderr
    entry = VoiceBook().entry("Reader")
    assert entry.voice.folder == config.home() / "echo" / "Reader"
    assert [path.name for path in entry.voice.folder.iterdir()] == ["sample_01.flac"]
    assert entry.consent is not None
    assert entry.consent.statement == AGREED[1]


def test_everything_said_reaches_the_provider_and_the_book(reader: Path, audiokit: Callable[..., Result]) -> None:
    options = ["--description", "calm", "--label", "accent=british", "--label", "age=old", "--language", "en"]
    result = audiokit("clone", reader, "--name", "Reader", "--provider", "echo", *AGREED, *options, "--json")
    assert result.exit_code == 0, result.output
    voice = json.loads(result.stdout)["voice"]
    assert (voice["description"], voice["language"]) == ("calm", "en")
    assert voice["labels"] == {"accent": "british", "age": "old"}
    assert VoiceBook().get("Reader").labels == voice["labels"]


def test_a_clone_is_counted(reader: Path, audiokit: Callable[..., Result]) -> None:
    result = audiokit("clone", reader, "--name", "Reader", "--provider", "echo", *AGREED, "--json")
    used = {"service": "clone", "provider": "echo", "model": "", "unit": "calls", "amount": 1}
    assert json.loads(result.stdout)["used"] == [used]
    assert "used        1 calls of echo" in result.stderr


MODEL_PLUG_IN = """
from tests.cloning.makers import REQUIREMENTS, Cloner
from audiokit.contracts import Voice

class Modelled(Cloner):
    def __init__(self, model=""):
        self.model = model

    def clone(self, samples, **about):
        return Voice(name="", provider="", voice_id="1", model=self.model)
"""


def test_a_model_of_this_machine_is_a_setting_of_the_provider(
    reader: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modelled-1.dist-info").mkdir()
    (tmp_path / "modelled-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: modelled\nVersion: 1\n")
    entry_points = "[audiokit.clone]\nmodelled = modelled:Modelled\n"
    (tmp_path / "modelled-1.dist-info" / "entry_points.txt").write_text(entry_points)
    (tmp_path / "modelled.py").write_text(MODEL_PLUG_IN)
    monkeypatch.syspath_prepend(tmp_path)
    words = ["clone", reader, "--name", "Reader", "--provider", "modelled", "--model-path", tmp_path, *AGREED]
    result = CliRunner().invoke(cli, list(map(str, words)))
    assert result.exit_code == 0, result.output
    assert VoiceBook().get("Reader").model == str(tmp_path)


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(reader: Path, audiokit: Callable[..., Result]) -> None:
    result = audiokit("clone", reader, "--name", "Reader", "--provider", "echo", "--dry-run")
    assert result.exit_code == 0, result.output
    assert "echo: 5 s at least, 20 s are ideal, 60 s at most" in result.stdout
    assert "sent        sample_01.flac: " in result.stdout
    assert "cost        unknown: no price of echo" in result.stdout
    assert result.stdout.endswith("nothing was sent\n")
    assert (len(VoiceBook()), (config.home() / "echo").exists()) == (0, False)


def test_samples_shows_each_piece_and_why(reader: Path, audiokit: Callable[..., Result]) -> None:
    result = audiokit("clone", reader, "--name", "Reader", "--provider", "echo", "--samples", "--json")
    plan = json.loads(result.stdout)
    sent = [piece for piece in plan["pieces"] if piece["file"]]
    rest = [piece for piece in plan["pieces"] if not piece["file"]]
    assert sum(piece["duration_s"] for piece in sent) >= 20
    assert all(piece["left_out"].startswith("not needed") for piece in rest)
    assert len(sent) + len(rest) == len(READER)
    shown = audiokit("clone", reader, "--name", "Reader", "--provider", "echo", "--samples").stdout
    assert shown.count(" at 0:00.") == len(READER)
    assert "sent: quality" in shown


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        (["--name", "Reader", "--provider", "echo"], 2, "no consent on record for 'Reader'"),
        (["--name", " ", "--provider", "echo", *AGREED], 2, "is no name for a voice"),
        (["--name", "Reader", "--provider", "ecco", *AGREED], 4, "Did you mean 'echo'?"),
        (["--name", "Reader", "--provider", "echo", *AGREED, "--set", "loud=true"], 4, "takes no setting 'loud'"),
        (
            ["--name", "Reader", "--provider", "echo", *AGREED, "--label", "old"],
            2,
            "--label 'old': expected NAME=VALUE",
        ),
        (["--name", "Reader", "--provider", "echo", *AGREED, "--language", "english"], 2, "is 'english'; expected two"),
        (["--name", "Reader", "--provider", "echo", *AGREED, "--model-path", EXAMPLE], 4, "takes no setting 'model'"),
        (["--name", "Reader", "--provider", "echo", *AGREED, "--set", "least_s=40"], 3, "at least 40 s are needed"),
        (["--name", "Reader", "--provider", "echo", "--consent-recording", "nowhere.wav"], 2, "does not exist"),
    ],
)
def test_what_cannot_be_done_is_refused(
    words: list[str], exit_code: int, message: str, reader: Path, audiokit: Callable[..., Result]
) -> None:
    result = audiokit("clone", reader, *words)
    assert result.exit_code == exit_code, result.output
    assert message in result.stderr
    assert len(VoiceBook()) == 0


def test_noisy_recordings_are_refused_with_file_rule_number_and_remedy(
    audiokit: Callable[..., Result], tmp_path: Path
) -> None:
    audio = read(READER[0])
    noise = np.random.default_rng(1).normal(0, 0.03, audio.samples.shape).astype(np.float32)
    write(tmp_path / "noisy.wav", Audio(audio.samples + noise, audio.sample_rate))
    result = audiokit("clone", tmp_path / "noisy.wav", "--name", "Reader", "--provider", "echo", *AGREED)
    assert result.exit_code == 3
    assert re.search(r"0\.0 s of usable speech, at least 5 s are needed; refused: \d s for noise", result.stderr)
    assert re.search(r"noisy\.wav at 0:0\d\.\d: SNR \d+\.\d dB < 15 dB\)", result.stderr)
    assert "record in a quieter room, or accept more noise with --min-snr" in result.stderr


def test_a_spoken_consent_is_compared_with_the_samples(reader: Path, audiokit: Callable[..., Result]) -> None:
    common = ["--name", "Reader", "--provider", "echo", "--consent-recording"]
    result = audiokit("clone", reader, *common, READER[0])
    assert result.exit_code == 0, result.output
    consent = VoiceBook().entry("Reader").consent
    assert consent is not None
    assert (config.home() / consent.recording).read_bytes() == READER[0].read_bytes()


def test_somebody_elses_consent_is_refused(reader: Path, audiokit: Callable[..., Result], tmp_path: Path) -> None:
    host = tmp_path / "host.wav"
    read(SAMPLES_DIR / "podcast" / "episode 1.mp3")[6.7:13.9].save(host)
    result = audiokit("clone", reader, "--name", "Reader", "--provider", "echo", "--consent-recording", host)
    assert result.exit_code == 3
    assert "host.wav: the statement is spoken by another voice" in result.stderr


def test_a_name_is_refused_before_the_work(
    reader: Path, audiokit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["clone", reader, "--name", "Reader", "--provider", "echo", *AGREED]
    assert audiokit(*words).exit_code == 0
    monkeypatch.setattr("audiokit.cloned.plan_clone", lambda *given, **options: pytest.fail("work was done"))
    result = audiokit(*words)
    assert (result.exit_code, "is there already" in result.stderr) == (2, True)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_a_terminal_is_asked_for_the_consent(plug_in: Path, reader: Path) -> None:
    keyboard, terminal = os.openpty()
    os.write(keyboard, b"I am the reader and agree.\n")
    result = subprocess.run(
        [sys.executable, "-m", "audiokit", "clone", reader, "--name", "Reader", "--provider", "echo"],
        stdin=terminal, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(plug_in)},
    )  # fmt: skip
    os.close(keyboard)
    os.close(terminal)
    assert result.returncode == 0, result.stderr
    assert "only if its speaker agreed" in result.stderr
    consent = VoiceBook().entry("Reader").consent
    assert consent is not None
    assert consent.statement == "I am the reader and agree."


@pytest.mark.parametrize(
    ("word", "value"),
    [("a=1", 1), ("a=0.5", 0.5), ("a=true", True), ("a=False", False), ("a=cpu", "cpu"), ("a=b=c", "b=c"), ("a=", "")],
)
def test_a_value_is_what_it_looks_like(word: str, value: object) -> None:
    assert pairs.settings("--set", [word]) == {"a": value}
    assert type(pairs.settings("--set", [word])["a"]) is type(value)


@pytest.mark.parametrize("word", ["a", "=1", ""])
def test_a_word_without_a_name_is_refused(word: str) -> None:
    with pytest.raises(click.UsageError, match="expected NAME=VALUE"):
        pairs.texts("--label", [word])
