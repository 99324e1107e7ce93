"""audiokit.dataset.mirror: datasets behind an address, interrupted, continued elsewhere, and held by one at a time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile

from audiokit.dataset.journal import Journal
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.mirror import LOCK, WRITER, Mirror, layout_of, working_folder, written
from audiokit.dataset.store import Store
from audiokit.errors import ConfigError, DatasetError
from tests.dataset.folders import fingerprint

pytest.importorskip("fsspec")
ENTRY = {"clips": [{"file": {"name": "a.wav"}}, {"file": None}]}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"file://{tmp_path}/store/set")


@pytest.fixture
def machine(tmp_path: Path) -> Callable[[str], Layout]:
    """A maker of working folders of the same dataset: `machine("first")`."""
    return lambda name: layout_of(f"file://{tmp_path}/store/set", tmp_path / name)


def finish(layout: Layout) -> None:
    """Write what makes a dataset of a folder."""
    layout.manifest.write_text("{}\n")
    layout.summary.write_text("{}")


def cut(layout: Layout, journal: Journal, sound: str, key: str = "sha:a-12345678:key") -> None:
    """Do what a run does for one recording."""
    (layout.clips / "a.wav").write_text(sound)
    (layout.heard / "a-12345678-speech.npz").write_text("heard")
    journal.add("clips", key, ENTRY)


@contextmanager
def interrupted(layout: Layout, address: str) -> Iterator[Journal]:
    """Write to a dataset, and be stopped before its end."""
    with suppress(KeyboardInterrupt), written(layout, address) as journal:
        yield journal
        raise KeyboardInterrupt


def test_a_working_folder_has_the_datasets_name_and_a_place_of_its_own(tmp_path: Path) -> None:
    folder = working_folder("s3://bucket/sets/ann/", tmp_path)
    assert folder.name == "ann"
    assert folder == working_folder("s3://bucket/sets/ann", tmp_path)
    assert folder != working_folder("s3://other/sets/ann", tmp_path)


def test_a_folder_for_work_is_refused_where_it_means_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="work is for an OUT such as s3://"):
        layout_of("out", tmp_path)


def test_the_store_has_a_recordings_clips_before_the_journal_says_so(
    store: Store, machine: Callable[[str], Layout]
) -> None:
    layout = machine("first")
    with written(layout, store.address) as journal:
        cut(layout, journal, "sound")
        there = store.list()
        assert {"clips/a.wav", ".audiokit/speech/a-12345678-speech.npz", ".audiokit/unfinished"} <= set(there)
        pieces = [name for name in there if name.startswith(".audiokit/journal/")]
        assert json.loads(store.read(pieces[-1]) or b"") == ["clips", "sha:a-12345678:key", ENTRY]
        assert "dataset.json" not in there
        finish(layout)
    assert sorted(store.list()) == [
        ".audiokit/journal.jsonl", ".audiokit/speech/a-12345678-speech.npz", WRITER, "clips/a.wav", "dataset.json",
        "manifest.jsonl",
    ]  # fmt: skip


def test_a_lost_machine_is_continued_by_another(store: Store, machine: Callable[[str], Layout]) -> None:
    first = machine("first")
    with interrupted(first, store.address) as journal:
        cut(first, journal, "sound")
    second = machine("second")
    with written(second, store.address) as journal:
        assert journal.get("clips", "sha:a-12345678:key") == ENTRY
        assert (second.clips / "a.wav").read_text() == "sound"
        assert second.unfinished.exists()
        finish(second)


def test_an_interrupted_one_is_no_dataset(store: Store, machine: Callable[[str], Layout], tmp_path: Path) -> None:
    layout = machine("first")
    with interrupted(layout, store.address) as journal:
        cut(layout, journal, "sound")
    second = machine("second")
    with second.writing():
        Mirror(second, store.address).bring()
    with pytest.raises(DatasetError, match="not finished"):
        Dataset.open(second.root)


def test_what_is_cut_anew_is_taken_back_first(store: Store, machine: Callable[[str], Layout]) -> None:
    first = machine("first")
    with written(first, store.address) as journal:
        cut(first, journal, "loud")
        finish(first)
    with interrupted(first, store.address) as journal:
        journal.add("clips", "sha:a-12345678:key", {"void": True})
        journal.add("clips", "sha:a-12345678:other", {"clips": []})
        cut(first, journal, "soft", "sha:a-12345678:new")
    second = machine("second")
    with written(second, store.address) as journal:
        assert journal.get("clips", "sha:a-12345678:key") == {"void": True}
        assert journal.get("clips", "sha:a-12345678:new") == ENTRY
        assert (second.clips / "a.wav").read_text() == "soft"
        finish(second)


def test_a_folder_of_yesterday_is_not_trusted(store: Store, machine: Callable[[str], Layout]) -> None:
    first, second = machine("first"), machine("second")
    for layout, sound in ((first, "old"), (second, "new")):
        with written(layout, store.address) as journal:
            cut(layout, journal, sound)
            finish(layout)
    (first.clips / "stray.wav").write_text("of nobody")
    with written(first, store.address):
        assert (first.clips / "a.wav").read_text() == "new"
        assert not (first.clips / "stray.wav").exists()


def test_a_folder_that_is_ahead_of_the_store_keeps_its_work(store: Store, machine: Callable[[str], Layout]) -> None:
    layout = machine("first")
    with interrupted(layout, store.address) as journal:
        journal.add("text", "key", {"text": "not stored yet"})
    with written(layout, store.address) as journal:
        assert journal.get("text", "key") == {"text": "not stored yet"}
        finish(layout)
    assert b"not stored yet" in (store.read(".audiokit/journal.jsonl") or b"")


def test_what_is_dropped_here_goes_there_and_what_is_not_ours_stays(
    store: Store, machine: Callable[[str], Layout]
) -> None:
    layout = machine("first")
    with written(layout, store.address) as journal:
        cut(layout, journal, "sound")
        finish(layout)
    store.write("clips/of a person.txt", b"mine")
    store.write("notes.txt", b"mine")
    (layout.clips / "a.wav").unlink()
    with written(layout, store.address):
        pass
    assert "clips/a.wav" not in store.list()
    assert {"clips/of a person.txt", "notes.txt"} <= set(store.list())


def test_what_was_lost_there_is_stored_again(store: Store, machine: Callable[[str], Layout]) -> None:
    layout = machine("first")
    for _ in range(2):
        with written(layout, store.address) as journal:
            cut(layout, journal, "sound")
            finish(layout)
        before = store.list()
        store.remove(["clips/a.wav", "manifest.jsonl"])
    with written(layout, store.address):
        pass
    assert store.list() == before


def test_a_place_of_other_files_is_refused_and_left_alone(store: Store, machine: Callable[[str], Layout]) -> None:
    store.write("episode.mp3", b"sound")
    with pytest.raises(DatasetError, match="holds files and is not a dataset"), written(machine("a"), store.address):
        pass
    assert store.list() == {"episode.mp3": 5}


def test_a_dataset_copied_there_by_hand_is_continued(store: Store, machine: Callable[[str], Layout]) -> None:
    for name, data in ((".audiokit/journal.jsonl", b'["text", "key", {"text": "a"}]\n'), (".audiokit/lock", b"")):
        store.write(name, data)
    layout = machine("first")
    with written(layout, store.address) as journal:
        assert journal.get("text", "key") == {"text": "a"}
        finish(layout)
    assert ".audiokit/lock" not in store.list()


def test_one_writes_at_a_time_and_the_other_is_told_who(store: Store, machine: Callable[[str], Layout]) -> None:
    first, second = machine("first"), machine("second")
    with written(first, store.address):
        with pytest.raises(DatasetError, match=rf"written by process {os.getpid()} on .* since 2.* delete .*{LOCK}"):
            written(second, store.address).__enter__()
        assert LOCK in store.list()
        finish(first)
    assert LOCK not in store.list()
    with written(second, store.address):
        pass


def test_who_lost_the_lock_stops_and_leaves_it_to_the_other(store: Store, machine: Callable[[str], Layout]) -> None:
    first, second = machine("first"), machine("second")
    with written(second, store.address):
        finish(second)
    with interrupted(first, store.address) as journal:
        store.remove([LOCK])
        with interrupted(second, store.address):
            with pytest.raises(DatasetError, match="by another prep now"):
                cut(first, journal, "too late")
            assert store.read(LOCK) is not None


def test_who_lost_the_lock_does_not_end_well(store: Store, machine: Callable[[str], Layout]) -> None:
    first, second = machine("first"), machine("second")
    held = written(first, store.address)
    cut(first, held.__enter__(), "old")
    store.remove([LOCK])
    with written(second, store.address) as journal:
        (second.clips / "b.wav").write_text("new")
        journal.add("clips", "sha:b-12345678:key", {"clips": [{"file": {"name": "b.wav"}}]})
        before = store.list()
        (first.clips / "c.wav").write_text("late")
        finish(first)
        with pytest.raises(DatasetError, match="by another prep now"):
            held.__exit__(None, None, None)
        assert store.list() == before
        finish(second)
    assert store.read("clips/b.wav") == b"new"


def test_two_containers_of_one_account_have_folders_of_their_own(tmp_path: Path) -> None:
    one, two = (working_folder(f"abfs://{name}@acct.dfs.core.windows.net/set", tmp_path) for name in ("a", "b"))
    assert one != two


def test_a_persons_word_in_the_store_is_taken_unless_there_is_a_newer_one_here(
    store: Store, machine: Callable[[str], Layout]
) -> None:
    layout = machine("first")
    with written(layout, store.address):
        finish(layout)
    store.write("reviews.jsonl", b"there")
    with written(layout, store.address):
        assert layout.reviews.read_text() == "there"
    layout.reviews.write_text("here, later")
    with written(layout, store.address):
        pass
    assert store.read("reviews.jsonl") == b"here, later"
    assert not list(layout.root.glob("*.part"))


@pytest.fixture(scope="module")
def talks(tmp_path_factory: pytest.TempPathFactory, speech: Callable[..., object]) -> Path:
    """A folder of three recordings, half a minute each."""
    folder = tmp_path_factory.mktemp("talks")
    audio = speech(0.8).audio  # type: ignore[attr-defined]
    for seed in range(3):
        noise = np.random.default_rng(seed).standard_normal(audio.samples.shape).astype(np.float32)
        soundfile.write(folder / f"talk {seed}.flac", audio.samples + 1e-4 * noise, audio.sample_rate)
    return folder


def start(source: str, out: str, *options: str) -> subprocess.Popen[str]:
    options = ("--vad", "energy", "--jobs", "2", "--quiet", *options)
    command = [sys.executable, "-m", "audiokit", "prep", source, out, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors


def stored(s3: Any, address: str, folder: Path) -> dict[str, str]:
    """Hash what lies in the store, but for the note on who wrote."""
    s3.invalidate_cache()
    s3.get(f"{address}/", f"{folder}/", recursive=True)
    found = fingerprint(folder)
    del found[WRITER]
    return found


@pytest.mark.process
def test_killed_on_one_machine_and_continued_on_another_it_ends_as_on_a_disk(
    talks: Path, bucket: str, s3: Any, tmp_path: Path
) -> None:
    s3.put(f"{talks}/", f"{bucket}/talks/", recursive=True)
    assert ended(start(f"{bucket}/talks", str(tmp_path / "local/set"))) == (0, "")
    process = start(f"{bucket}/talks", f"{bucket}/set", "--work", str(tmp_path / "first"))
    while process.poll() is None and not list((tmp_path / "first").rglob("clips/*.wav")):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    workers = psutil.Process(process.pid).children()
    process.kill()
    process.communicate()
    assert not psutil.wait_procs(workers, timeout=10)[1]
    shutil.rmtree(tmp_path / "first")
    code, errors = ended(start(f"{bucket}/talks", f"{bucket}/set", "--work", str(tmp_path / "second")))
    assert (code, "is being written by process" in errors) == (3, True)
    s3.rm(f"{bucket}/set/{LOCK}")
    assert ended(start(f"{bucket}/talks", f"{bucket}/set", "--work", str(tmp_path / "second"))) == (0, "")
    assert stored(s3, f"{bucket}/set", tmp_path / "got") == fingerprint(tmp_path / "local/set")


@pytest.mark.process
def test_the_same_machine_goes_on_after_a_kill_and_the_dataset_is_opened_anywhere(
    talks: Path, bucket: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path / "home"))
    process = start(str(talks), f"{bucket}/set")
    while process.poll() is None and not list((tmp_path / "home").rglob("clips/*.wav")):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
    process.kill()
    process.communicate()
    assert ended(start(str(talks), f"{bucket}/set")) == (0, "")
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path / "elsewhere"))
    dataset = Dataset.open(f"{bucket}/set")
    assert all(dataset.audio(clip).duration_s > 0 for clip in dataset)
    assert len(dataset.sources) == 3


@pytest.mark.process
@pytest.mark.parametrize(("source", "out", "code", "said"), [
    ("s3://no-such-bucket/talks", "out", 3, "nothing there"),
    ("BUCKET/nothing", "out", 3, "nothing there"),
    ("TALKS", "s3://no-such-bucket/set", 3, "bucket does not exist"),
    ("acme://bucket/talks", "out", 4, "acme"),
])  # fmt: skip
def test_a_wrong_address_is_said(
    talks: Path, bucket: str, tmp_path: Path, source: str, out: str, code: int, said: str
) -> None:
    out = out if "://" in out else str(tmp_path / out)
    process = start(source.replace("BUCKET", bucket).replace("TALKS", str(talks)), out)
    assert (got := ended(process))[0] == code
    assert said in got[1]


@pytest.mark.process
@pytest.mark.parametrize("what", ["source", "out"])
def test_no_credentials_are_a_setting_to_mend(
    talks: Path, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.delenv(f"AWS_{name}")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    places = (bucket, str(tmp_path / "out")) if what == "source" else (str(talks), f"{bucket}/set")
    code, errors = ended(start(*places))
    assert (code, "AWS_ACCESS_KEY_ID" in errors) == (4, True)
    assert "open sesame" not in errors
