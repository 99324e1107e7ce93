"""audiokit.cli.prep with datasets behind an address, and with other engines than this machine."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from audiokit.cli.main import cli
from audiokit.dataset.at_hand import at_hand
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.settings import PrepSettings
from tests.dataset.folders import fingerprint

pytest.importorskip("fsspec")


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory, speech: Callable[..., object]) -> Path:
    """A folder with one recording."""
    folder = tmp_path_factory.mktemp("talk")
    audio = speech(1.0).audio  # type: ignore[attr-defined]
    noise = np.random.default_rng(1).standard_normal(audio.samples.shape).astype(np.float32)
    soundfile.write(folder / "talk.flac", audio.samples + 1e-4 * noise, audio.sample_rate)
    return folder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where working folders go."""
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, ["prep", *map(str, words)])


@pytest.mark.process
def test_a_dataset_behind_an_address_is_named_by_it_and_is_what_a_disk_would_hold(
    talk: Path, tmp_path: Path, home: Path
) -> None:
    address = f"file://{tmp_path}/store/set"
    result = audiokit(talk, address, "--vad", "energy", "--json")
    assert (result.exit_code, json.loads(result.stdout)["out"]) == (0, address)
    assert audiokit(talk, address, "--vad", "energy", "--quiet").stdout == f"{address}/manifest.jsonl\n"
    assert audiokit(talk, tmp_path / "disk/set", "--vad", "energy").exit_code == 0
    stored = fingerprint(tmp_path / "store/set")
    del stored[".audiokit/writer"]
    assert stored == fingerprint(tmp_path / "disk/set")
    assert len(Dataset.open(address)) == len(Dataset.open(tmp_path / "disk/set"))
    assert list((home / "work").iterdir())
    with at_hand(address, PrepSettings()) as dataset:  # no recordings, to be cut again
        assert len(dataset) == len(Dataset.open(address))


@pytest.mark.process
def test_what_has_not_changed_behind_its_address_is_not_read_again(talk: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "talk.flac", tmp_path / "out"
    shutil.copy2(talk / "talk.flac", source)
    words = (f"file://{source}", out, "--vad", "energy", "--quiet")
    assert audiokit(*words).exit_code == 0
    before, times = fingerprint(out), source.stat()
    source.write_bytes(bytes(times.st_size))
    os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert audiokit(*words).exit_code == 0
    assert fingerprint(out) == before
    os.utime(source, (1, 1))
    assert audiokit(*words).exit_code == 3


@pytest.mark.process
def test_a_dry_run_writes_nothing_into_the_store(talk: Path, tmp_path: Path) -> None:
    result = audiokit(f"file://{talk}", f"file://{tmp_path}/store/set", "--dry-run", "--json")
    assert [row["action"] for row in json.loads(result.stdout)] == ["prepare"]
    assert not (tmp_path / "store").exists()


def test_a_folder_for_work_belongs_to_an_address(talk: Path, tmp_path: Path) -> None:
    result = audiokit(talk, tmp_path / "out", "--work", tmp_path / "work")
    assert (result.exit_code, "work is for an OUT such as s3://" in result.stderr) == (4, True)


def test_a_review_needs_the_dataset_here(talk: Path, tmp_path: Path) -> None:
    result = audiokit(talk, f"file://{tmp_path}/store/set", "--review")
    assert (result.exit_code, "--review needs an OUT on this machine" in result.stderr) == (2, True)


@pytest.mark.parametrize("words", [["--engine", "ray"], ["--ray-address", "127.0.0.1:9"]])
def test_without_ray_the_line_that_installs_it_is_said(
    talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr("audiokit.dataset.ray_pool.find_spec", lambda name: None)
    result = audiokit(talk, tmp_path / "out", *words)
    assert (result.exit_code, "pip install 'audiokit[ray]'" in result.stderr) == (6, True)


@pytest.mark.parametrize("where", ["source", "out"])
def test_its_own_clips_are_no_recordings_of_the_next_run(talk: Path, tmp_path: Path, where: str) -> None:
    source = shutil.copytree(talk, tmp_path / "talks")
    places = (f"file://{source}", source / "set") if where == "source" else (source, f"file://{source}/set")
    for _ in range(2):
        result = audiokit(*places, "--vad", "energy", "--jobs", "1", "--quiet", "--json")
        assert (result.exit_code, json.loads(result.stdout)["recordings"]) == (0, 1)
