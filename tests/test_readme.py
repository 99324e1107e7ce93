"""README.md: what it shows is run."""

from __future__ import annotations

import re
import shlex
import shutil
from glob import glob
from pathlib import Path

import pytest
from click.testing import CliRunner

from audiokit.api import prep
from audiokit.audio.files import read
from audiokit.cli.main import cli
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.settings import PrepSettings
from tests.vendors.elevenlabs import KEY, ElevenLabs
from tests.vendors.host import Host

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
SHELL = [
    [line.partition("  #")[0].strip() for line in block.splitlines() if line.startswith("audiokit ")]
    for language, block in BLOCKS
    if language == "console"
]
WITH_A_VOICE = next(commands for commands in SHELL if any(" clone " in command for command in commands))
"""Commands that follow one another: what one makes the next one uses."""
ENDLESS = ("audiokit agent", "audiokit agent serve")
"""Those that go on until they are stopped; tests/cli and tests/server start and stop them."""
COMMANDS = [command for commands in SHELL if commands != WITH_A_VOICE for command in commands if command not in ENDLESS]

pytestmark = [pytest.mark.process, pytest.mark.model]


@pytest.fixture
def folder(tmp_path: Path, samples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the README speaks of: episodes, a season, an interview."""
    shutil.copytree(samples_dir / "podcast", tmp_path / "samples/podcast")
    shutil.copytree(samples_dir / "podcast/extras", tmp_path / "episodes")
    shutil.copytree(samples_dir / "podcast/extras", tmp_path / "season1")
    shutil.copy(samples_dir / "podcast/episode 2.m4a", tmp_path / "interview.m4a")
    shutil.copy(sorted((samples_dir / "librivox").glob("*.wav"))[0], tmp_path / "question.wav")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(command: str) -> None:
    words = [found for word in shlex.split(command)[1:] for found in (sorted(glob(word)) or [word])]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_does_what_it_says(folder: Path, command: str) -> None:
    run(command)


def test_a_voice_is_cloned_and_speaks(folder: Path, samples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (samples_dir / "librivox").glob("*.wav"):
        (folder / "takes").mkdir(exist_ok=True)
        for gain_db in (0, -1, -2):  # a minute and more, which the clone wants
            (read(path) + gain_db).save(folder / f"takes/{path.stem} {-gain_db}.wav")
    prep("takes", "dataset", PrepSettings(min_s=1.5, keep_forced_cuts=True), jobs=1)
    with Host(ElevenLabs()) as host:
        monkeypatch.setenv("ELEVENLABS_API_KEY", KEY)
        monkeypatch.setenv("ELEVENLABS_BASE_URL", host.url)
        for command in WITH_A_VOICE:
            run(command)
        host.check()
    assert read("ann.mp3").duration_s > 0.1
    assert read("hello.wav").duration_s > 1


@pytest.mark.parametrize("code", [block for language, block in BLOCKS if language == "python"])
def test_each_piece_of_python_runs(folder: Path, code: str) -> None:
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102  our own README
    assert list(folder.glob("*.flac")) or len(Dataset.open(folder / "dataset")) > 0


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = README.with_name("Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert named[:2] == ["demo", "test"]
    assert all(f"\n{target}:" in makefile for target in named)
