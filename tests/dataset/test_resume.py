"""A run that is killed, interrupted, starved of disk or doubled loses nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from audiokit.dataset.manifest import Dataset
from audiokit.errors import DatasetError
from tests.dataset.folders import fingerprint

pytestmark = [pytest.mark.process, pytest.mark.model]

KILLS = 8


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory, speech: Callable[..., object]) -> Path:
    """A folder of five recordings, half a minute each."""
    folder = tmp_path_factory.mktemp("talks")
    audio = speech(0.8).audio  # type: ignore[attr-defined]
    for seed in range(5):
        noise = np.random.default_rng(seed).standard_normal(audio.samples.shape).astype(np.float32)
        soundfile.write(folder / f"talk {seed}.flac", audio.samples + 1e-4 * noise, audio.sample_rate)
    return folder


def start(source: Path, out: Path, *options: str, **popen: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "audiokit", "prep", str(source), str(out), "--jobs", "2", "--quiet", *options]
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **popen
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors


@pytest.fixture(scope="module")
def whole(talks: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an uninterrupted run leaves."""
    out = tmp_path_factory.mktemp("whole") / "out"
    assert finish(start(talks, out)) == (0, "")
    return fingerprint(out)


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def test_a_run_killed_at_random_moments_ends_the_same(talks: Path, whole: dict[str, str], tmp_path: Path) -> None:
    rng, out = random.Random(5), tmp_path / "out"
    for _ in range(KILLS):
        process = start(talks, out)
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.3, 2.5))
        workers = children(process)
        process.kill()
        process.communicate()
        assert not psutil.wait_procs(workers, timeout=10)[1]  # no worker outlives its caller
    assert finish(start(talks, out)) == (0, "")
    assert fingerprint(out) == whole


def test_an_interrupted_change_of_settings_leaves_no_clip_of_the_wrong_sound(
    talks: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert finish(start(talks, out)) == (0, "")
    process = start(talks, out, "--loudness", "-30")
    journal = out / ".audiokit/journal.jsonl"
    while process.poll() is None and b"-30" not in journal.read_bytes():
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
    while process.poll() is None and journal.read_bytes().count(b'"gain_db"') < 30:
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
    process.kill()
    process.communicate()
    code, _ = finish(start(talks, out))
    assert code == 0
    assert fingerprint(out) == whole


def test_what_a_killed_run_leaves_is_not_taken_for_a_dataset(talks: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(talks, out)
    journal = out / ".audiokit/journal.jsonl"
    while process.poll() is None and not (journal.exists() and b'"clips"' in journal.read_bytes()):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
    process.kill()
    process.communicate()
    with pytest.raises(DatasetError, match="not finished"):
        Dataset.open(out)
    assert not list(out.glob("*.part"))


def test_a_killed_worker_costs_nothing(talks: Path, whole: dict[str, str], tmp_path: Path) -> None:
    process = start(talks, tmp_path / "out")
    while process.poll() is None and not list((tmp_path / "out/.audiokit/work").glob("*.spool")):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)
    children(process)[0].kill()
    assert finish(process) == (0, "")
    assert fingerprint(tmp_path / "out") == whole


def interrupted(source: Path, out: Path) -> tuple[int, str, list[psutil.Process]]:
    """Press Ctrl-C once a run has begun to work; give its exit code, what it said, and the workers it had.

    On a busy machine a run may be over, or Python on its way out, when the signal comes: then another one is begun.
    """
    for _ in range(5):
        shutil.rmtree(out, ignore_errors=True)
        process = start(source, out)
        while process.poll() is None and not (out / ".audiokit/work").exists():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.01)
        workers = children(process)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        code, errors = finish(process)
        if code not in (0, -signal.SIGINT):
            break
    return code, errors, workers


def test_ctrl_c_ends_all_processes_and_says_how_to_go_on(talks: Path, whole: dict[str, str], tmp_path: Path) -> None:
    code, errors, workers = interrupted(talks, tmp_path / "out")
    assert code == 130
    assert "same command again" in errors
    assert not psutil.wait_procs(workers, timeout=10)[1]
    assert finish(start(talks, tmp_path / "out")) == (0, "")
    assert fingerprint(tmp_path / "out") == whole


def test_a_full_disk_stops_with_a_clear_error_and_goes_on_later(
    talks: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    resource = pytest.importorskip("resource")

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    code, errors = finish(start(talks, tmp_path / "out", preexec_fn=small_files))
    assert code == 3
    assert "no space left" in errors
    assert not list((tmp_path / "out/clips").glob("*.wav"))
    assert finish(start(talks, tmp_path / "out")) == (0, "")
    assert fingerprint(tmp_path / "out") == whole


def test_a_second_run_into_the_same_folder_stops(talks: Path, whole: dict[str, str], tmp_path: Path) -> None:
    first = start(talks, tmp_path / "out")
    while first.poll() is None and not (tmp_path / "out/.audiokit/work").exists():
        with suppress(subprocess.TimeoutExpired):
            first.wait(0.01)
    code, errors = finish(start(talks, tmp_path / "out"))
    assert code == 3
    assert "another prep" in errors
    assert finish(first) == (0, "")
    assert fingerprint(tmp_path / "out") == whole
