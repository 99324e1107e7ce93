"""README.md: what it shows is run."""

from __future__ import annotations

import re
import shlex
import shutil
from glob import glob
from pathlib import Path

import pytest
from click.testing import CliRunner

from audiokit.cli.main import cli
from audiokit.dataset.manifest import Dataset

README = Path(__file__).parent.parent / "README.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
COMMANDS = [
    line.partition("  #")[0].strip()
    for language, block in BLOCKS
    if language == "console"
    for line in block.splitlines()
    if line.startswith("audiokit ")
]

pytestmark = [pytest.mark.process, pytest.mark.model]


@pytest.fixture
def folder(tmp_path: Path, samples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the README speaks of: episodes, a season, an interview."""
    shutil.copytree(samples_dir / "podcast", tmp_path / "samples/podcast")
    shutil.copytree(samples_dir / "podcast/extras", tmp_path / "episodes")
    shutil.copytree(samples_dir / "podcast/extras", tmp_path / "season1")
    shutil.copy(samples_dir / "podcast/episode 2.m4a", tmp_path / "interview.m4a")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_does_what_it_says(folder: Path, command: str) -> None:
    words = [found for word in shlex.split(command)[1:] for found in (sorted(glob(word)) or [word])]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("code", [block for language, block in BLOCKS if language == "python"])
def test_each_piece_of_python_runs(folder: Path, code: str) -> None:
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102  our own README
    assert list(folder.glob("part.flac")) or len(Dataset.open(folder / "dataset")) > 0


def test_the_two_commands_are_targets_of_the_makefile() -> None:
    makefile = README.with_name("Makefile").read_text(encoding="utf-8")
    named = re.findall(r"^make (\w+)", README.read_text(encoding="utf-8"), re.MULTILINE)
    assert named[:2] == ["demo", "test"]
    assert all(f"\n{target}:" in makefile for target in named)
