"""docs/plugin-template: installed into an environment of its own, without a network, and used as its README says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import numpy as np
import pytest

from audiokit.audio.files import read
from audiokit.cloning.voices import VoiceBook
from tests.conftest import SAMPLES_DIR

TEMPLATE = Path(__file__).parent.parent / "docs" / "plugin-template"
AGREED = ("--consent", "The recordings are in the public domain.")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the template, such as an author begins with."""
    return Path(shutil.copytree(TEMPLATE, tmp_path_factory.mktemp("author") / "project"))


@pytest.fixture(scope="module")
def python(project: Path) -> Path:
    """The Python of a fresh environment that sees our packages, and has the plug-in installed."""
    folder = project.parent / "environment"
    venv.create(folder, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    own = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    (Path(own) / "ours.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    install = [*PIP, "--python", python, "install", "--no-index", "--no-deps", "--no-build-isolation", project]
    subprocess.run(install, check=True)
    return python


def run(python: Path, *words: object, cwd: Path | None = None) -> str:
    done = subprocess.run([python, "-m", *map(str, words)], capture_output=True, text=True, timeout=240, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_pass(python: Path, project: Path) -> None:
    assert " passed" in run(python, "pytest", "-q", cwd=project)


def test_the_doctor_finds_it(python: Path) -> None:
    rows = {row["name"]: row for row in json.loads(run(python, "audiokit", "doctor", "--json"))}
    assert (rows["echo-voices"]["state"], rows["echo-voices"]["area"]) == ("ok", "packages")
    assert rows["echo-voices"]["found"] == "1.0, a plug-in: clone echo, tts echo"


@pytest.mark.model
def test_a_voice_is_cloned_and_speaks(python: Path, tmp_path: Path) -> None:
    run(python, "audiokit", "clone", SAMPLES_DIR / "librivox", "--name", "Ann", "--provider", "echo", *AGREED)
    folder = VoiceBook().get("Ann").folder
    assert folder is not None
    text = "Shall we have some tea?"
    run(python, "audiokit", "say", text, "--provider", "echo", "--voice", "Ann", "-o", tmp_path / "tea.wav")
    sample, spoken = read(min(folder.iterdir())), read(tmp_path / "tea.wav")
    assert spoken.duration_s == pytest.approx(len(text) / 10, abs=0.3)
    shared = min(spoken.frames, sample.frames)
    likeness = np.corrcoef(spoken.samples[:shared, 0], sample.samples[:shared, 0])[0, 1]
    assert likeness > 0.99
