"""audiokit.dataset.scratch."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from audiokit.dataset.scratch import scratch

KILLED = """
import os, signal
from audiokit.dataset.scratch import scratch
with scratch() as folder:
    (folder / "a.mp3").write_text("half a recording")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's place for such folders."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_a_folder_is_gone_when_its_work_is_done(place: Path) -> None:
    with scratch() as folder:
        (folder / "a.mp3").write_text("a recording")
        assert folder.parent == place
    assert list(place.iterdir()) == []


def test_two_folders_do_not_disturb_each_other() -> None:
    with scratch() as first:
        (first / "a").touch()
        with scratch() as second:
            assert second != first
        assert (first / "a").exists()


@pytest.mark.process
def test_the_next_one_deletes_what_a_killed_process_left(place: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED], env=os.environ, check=False).returncode < 0
    assert len(list(place.iterdir())) == 2
    with scratch():
        assert len(list(place.iterdir())) == 2
    assert list(place.iterdir()) == []


MANY = """
import time
from audiokit.dataset.scratch import scratch
for _ in range(150):
    with scratch() as folder:
        time.sleep(0.0005)
        (folder / "a.mp3").write_text("a recording")
"""


@pytest.mark.process
def test_many_processes_keep_what_is_theirs(place: Path) -> None:
    others = [subprocess.Popen([sys.executable, "-c", MANY], env=os.environ) for _ in range(6)]
    assert [other.wait(60) for other in others] == [0] * 6
    assert list(place.iterdir()) == []
