from __future__ import annotations

import dataclasses
import json
import logging
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiokit.audio.buffer import Audio
from audiokit.audio.files import read, write
from audiokit.contracts import SpeechChunk, Voice, Word
from audiokit.errors import CacheError, ConfigError
from audiokit.speech.cache import CacheSettings, SpeechCache, configured
from audiokit.speech.cache_counts import Counts
from audiokit.speech.cache_key import SpeechRequest, speech_request, voice_identity
from audiokit.speech.entry import SpeechEntry, UnreadableEntry, entry_of, packed, unpacked
from audiokit.speech.shared_store import MOST_UNWRITTEN, SharedStore
from audiokit.speech.single_flight import Flight
from audiokit.speech.store import FolderStore
from tests.speech.voices import ToneTTS, tone

LOGGER = "audiokit.speech.cache"


def request_for(text: str = "Hello") -> SpeechRequest:
    return speech_request(ToneTTS(), text, None, provider="tone")


def entry_for(text: str = "Hello") -> SpeechEntry:
    return entry_of(request_for(text), [SpeechChunk(tone(text), 16_000, (Word(text=text, start_s=0.0, end_s=0.1,
                                                                          confidence=1.0),))])  # fmt: skip


@pytest.fixture
def cache(tmp_path: Path) -> SpeechCache:
    return SpeechCache(CacheSettings(folder=tmp_path / "speech"))


def file_of(cache: SpeechCache, entry: SpeechEntry) -> Path:
    return cache.folder / entry.request.key[:2] / f"{entry.request.key}.speech"


FIELDS = [field.name for field in dataclasses.fields(SpeechRequest) if field.name != "model"]


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_of_a_request_changes_its_key(field: str) -> None:
    request = request_for()
    other = dataclasses.replace(request, **{field: 8000 if field == "sample_rate" else "other"})
    assert other.key != request.key


def test_who_names_the_model_finds_what_was_kept_by_who_did_not() -> None:
    named = speech_request(ToneTTS(), "Hello", None, provider="tone", model="default")
    assert (named.key, named.model) == (request_for().key, "default")
    small = Voice(name="Ann", provider="tone", voice_id="ann", model="small")
    other = dataclasses.replace(small, model="large")
    keys = {speech_request(ToneTTS(), "Hello", voice, provider="tone").key for voice in (None, small, other)}
    assert len(keys) == 3


def test_a_key_does_not_collide_where_joined_strings_would() -> None:
    one = dataclasses.replace(request_for(), provider="a", voice="bc")
    assert one.key != dataclasses.replace(one, provider="ab", voice="c").key


def test_what_is_for_people_does_not_change_a_voice() -> None:
    voice = Voice(name="Ann", provider="tone", voice_id="1", settings={"speed": 1.0})
    renamed = dataclasses.replace(voice, name="Bea", description="warm", labels={"accent": "none"})
    assert voice_identity(renamed) == voice_identity(voice)
    assert voice_identity(dataclasses.replace(voice, settings={"speed": 1.1})) != voice_identity(voice)


def test_an_entry_survives_its_file() -> None:
    entry = entry_for()
    assert unpacked(packed(entry), entry.request.key) == entry


def test_sound_that_cannot_be_played_from_its_bytes_is_kept_as_samples() -> None:
    request = dataclasses.replace(request_for(), encoding="mp3")
    entry = entry_of(request, [SpeechChunk(tone("Hello"), 16_000, (), b"\xff\xfbnot mp3")])
    assert entry.encoding == "pcm_s16le"
    np.testing.assert_allclose(next(entry.chunks()).samples, tone("Hello"), atol=1 / 32768)


def test_an_mp3_is_kept_as_it_came_and_sounds_the_same(tmp_path: Path) -> None:
    words = "one two three four five six seven eight nine ten"
    write(tmp_path / "a.mp3", Audio(tone(words), 16_000))
    data = (tmp_path / "a.mp3").read_bytes()
    request = dataclasses.replace(request_for(words), encoding="mp3")
    entry = entry_of(request, [SpeechChunk(read(tmp_path / "a.mp3").samples, 16_000, (), data)])
    assert entry.sound == data
    chunks = list(unpacked(packed(entry), entry.request.key).chunks())
    assert b"".join(chunk.encoded for chunk in chunks) == data
    heard = np.concatenate([chunk.samples for chunk in chunks])
    assert len(heard) == entry.frames == pytest.approx(len(tone(words)), abs=3200)
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


def test_an_entry_can_be_played_in_pieces_of_any_number_of_words() -> None:
    assert [len(chunk.samples) for chunk in entry_for("a b c").chunks()] == [3200, 1600]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"RIFF" + data, lambda data: b"",
                                    lambda data: data[:90] + b"!" + data[91:]])  # fmt: skip
def test_a_damaged_file_is_told(damage: object) -> None:
    entry = entry_for()
    with pytest.raises(UnreadableEntry):
        unpacked(damage(packed(entry)), entry.request.key)  # type: ignore[operator]


def test_a_file_under_another_key_is_told() -> None:
    with pytest.raises(UnreadableEntry, match="another key"):
        unpacked(packed(entry_for()), "0" * 64)


def test_what_was_put_is_found(cache: SpeechCache) -> None:
    entry = entry_for()
    assert cache.get(entry.request) is None
    cache.put(entry)
    assert cache.get(entry.request) == entry


@pytest.mark.parametrize("content", [b"", b"foreign", b"audiokit-speech 1 00000000\n{}\n"])
def test_a_corrupt_or_foreign_entry_is_no_hit_and_makes_room_for_a_good_one(cache: SpeechCache, content: bytes) -> None:
    entry = entry_for()
    cache.put(entry)
    file_of(cache, entry).write_bytes(content)
    assert cache.get(entry.request) is None
    assert not file_of(cache, entry).exists()
    cache.put(entry)
    assert cache.get(entry.request) == entry


def test_files_of_others_in_the_folder_stay(cache: SpeechCache) -> None:
    entry = entry_for()
    cache.put(entry)
    strangers = [cache.folder / "notes.txt", file_of(cache, entry).with_name("notes.speech")]
    for path in strangers:
        path.write_text("mine", "utf-8")
    assert cache.clear() == 1
    cache.prune(max_bytes=0)
    assert all(path.exists() for path in strangers)


def test_what_was_used_longest_ago_goes_first(cache: SpeechCache) -> None:
    entries = [entry_for(text) for text in ("one", "two", "three")]
    for age_s, entry in zip((300, 200, 100), entries, strict=True):
        cache.put(entry)
        os.utime(file_of(cache, entry), (time.time() - age_s,) * 2)
    assert cache.get(entries[0].request)
    size_bytes = file_of(cache, entries[0]).stat().st_size
    removed = cache.prune(max_bytes=2 * size_bytes + 10)
    assert [stored.key for stored in removed] == [entries[1].request.key]


def test_what_was_not_used_for_long_goes(cache: SpeechCache) -> None:
    old, young = entry_for("old"), entry_for("young")
    for entry in (old, young):
        cache.put(entry)
    os.utime(file_of(cache, old), (time.time() - 1000,) * 2)
    assert [stored.key for stored in cache.prune(max_age_s=500)] == [old.request.key]


def test_a_cache_keeps_to_its_bounds_by_itself(tmp_path: Path) -> None:
    bound = 20 * len(packed(entry_for("sentence 100")))
    cache = SpeechCache(CacheSettings(folder=tmp_path / "speech", max_bytes=bound))
    for number in range(100, 160):
        cache.put(entry_for(f"sentence {number}"))
    assert 0 < cache.stats().size_bytes <= bound * 1.05
    assert cache.get(request_for("sentence 159"))


def test_scratch_files_of_the_dead_go(cache: SpeechCache) -> None:
    cache.put(entry_for())
    key = "ab" * 32
    scratch = [cache.folder / "ab" / f"{key}{ending}" for ending in (".0123abcd.part", ".lock")]
    scratch[0].parent.mkdir(exist_ok=True)
    for path in scratch:
        path.touch()
        os.utime(path, (time.time() - 7200,) * 2)
    cache.prune()
    assert not any(path.exists() for path in scratch)


def test_a_full_disk_is_told_once_and_does_not_stop_anything(
    cache: SpeechCache, caplog: pytest.LogCaptureFixture
) -> None:
    kept, refused = entry_for("kept"), entry_for("refused " * 100)
    cache.put(kept)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, hard))
    try:
        for _ in range(3):
            cache.put(refused)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    assert [record.getMessage() for record in caplog.records if record.name == LOGGER] == [
        f"the speech cache {cache.folder} cannot be used: File too large. Going on without it."
    ]
    assert cache.get(kept.request) == kept
    assert cache.get(refused.request) is None
    assert list(cache.folder.rglob("*.part")) == []


def test_a_folder_that_is_a_file_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "speech").write_text("not a folder", "utf-8")
    cache = SpeechCache(CacheSettings(folder=tmp_path / "speech"))
    entry = entry_for()
    for _ in range(2):
        cache.put(entry)
        assert cache.get(entry.request) is None
        cache.count(entry.request, hit=True)
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1


@pytest.mark.process
def test_a_read_only_folder_still_gives_what_it_holds(cache: SpeechCache) -> None:
    cache.put(entry_for("kept"))
    folders = [cache.folder, *(path for path in cache.folder.iterdir() if path.is_dir())]
    for path in folders:
        path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        run = subprocess.run(
            [sys.executable, "-c", READER, str(cache.folder)], capture_output=True, text=True, check=True
        )
    finally:
        for path in folders:
            path.chmod(stat.S_IRWXU)
    assert run.stdout.split() == ["True", "False"]
    assert run.stderr.count("cannot be used: Permission denied") == 1


READER = """
import ctypes, logging, os, sys
if os.geteuid() == 0 and len(sys.argv) == 2:  # the next program gets no right to write where nobody may
    PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
    os.execv(sys.executable, [*sys.orig_argv, "dropped"])
from pathlib import Path
from audiokit.speech.cache import CacheSettings, SpeechCache
from tests.speech.test_cache import entry_for
logging.basicConfig()
cache = SpeechCache(CacheSettings(folder=Path(sys.argv[1])))
for text in ("new", "newer"):
    cache.put(entry_for(text))
for text in ("kept", "new"):
    print(cache.get(entry_for(text).request) is not None)
"""


def test_counts_add_up_over_processes_and_survive_a_broken_file(tmp_path: Path) -> None:
    path = tmp_path / "counts.sqlite3"
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 100)
    for _ in range(2):
        counts = Counts(path)
        counts.add("tone", "m", 10, hit=True)
        counts.add("tone", "m", 7, hit=False)
        counts.write()
    (used,) = Counts(path).read()
    assert (used.hits, used.hit_characters, used.misses, used.missed_characters) == (2, 20, 2, 14)


def test_a_shared_store_serves_another_machine(tmp_path: Path) -> None:
    url = (tmp_path / "shared").as_uri()
    here, there = (SpeechCache(CacheSettings(folder=tmp_path / name, shared=url)) for name in ("here", "there"))
    entry = entry_for()
    here.put(entry)
    here.settle()
    assert there.get(entry.request) == entry
    assert there.stats().entries == 1


def test_a_shared_store_that_is_away_is_told_once_and_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "shared").write_text("not a folder", "utf-8")
    cache = SpeechCache(CacheSettings(folder=tmp_path / "here", shared=(tmp_path / "shared").as_uri()))
    for text in ("one", "two"):
        cache.put(entry_for(text))
        cache.settle()
        assert cache.get(request_for(text))
    assert len(caplog.records) == 1


def test_a_shared_store_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SharedStore((tmp_path / "shared").as_uri(), wait_s=0.05)
    monkeypatch.setattr(store, "_read", lambda key: time.sleep(0.5))
    before_s = time.monotonic()
    assert store.read("ab" * 32) is None
    assert time.monotonic() - before_s < 0.4


def test_what_was_made_before_there_was_a_shared_store_comes_to_it(tmp_path: Path) -> None:
    url, entry = (tmp_path / "shared").as_uri(), entry_for()
    SpeechCache(CacheSettings(folder=tmp_path / "here")).put(entry)
    here = SpeechCache(CacheSettings(folder=tmp_path / "here", shared=url))
    for _ in range(2):
        assert here.get(entry.request) == entry
    here.settle()
    assert SpeechCache(CacheSettings(folder=tmp_path / "there", shared=url)).get(entry.request) == entry


def test_a_torn_entry_of_a_shared_store_is_made_anew(tmp_path: Path) -> None:
    url, entry = (tmp_path / "shared").as_uri(), entry_for()
    here, there = (SpeechCache(CacheSettings(folder=tmp_path / name, shared=url)) for name in ("here", "there"))
    here.put(entry)
    here.settle()
    (file,) = (tmp_path / "shared").rglob("*.speech")
    file.write_bytes(file.read_bytes()[:-9])
    assert there.get(entry.request) is None
    there.put(entry)
    there.settle()
    assert file.read_bytes() == packed(entry)


def test_what_a_slow_shared_store_does_not_get_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store, goes_on = SharedStore((tmp_path / "shared").as_uri()), threading.Event()
    monkeypatch.setattr(store, "_write", lambda key, data: goes_on.wait(10))
    for number in range(MOST_UNWRITTEN + 5):
        store.write(f"{number:064x}", b"")
    assert ["is slow" in record.message for record in caplog.records] == [True]
    goes_on.set()
    store.settle()


def test_settling_gives_up_a_shared_store_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, goes_on = SharedStore((tmp_path / "shared").as_uri(), settle_s=0.05), threading.Event()
    monkeypatch.setattr(store, "_write", lambda key, data: goes_on.wait(10))
    store.write("ab" * 32, b"")
    before_s = time.monotonic()
    store.settle()
    assert time.monotonic() - before_s < 5
    goes_on.set()


HANGING = """
import sys, time
from audiokit.speech.shared_store import SharedStore
store = SharedStore(sys.argv[1], wait_s=0.05)
store._read = lambda key: time.sleep(60)
assert store.read("ab" * 32) is None
"""


def test_a_process_ends_though_a_shared_store_still_hangs(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", HANGING, (tmp_path / "shared").as_uri()], check=True, timeout=30)


WRITING = """
import sys, time
from audiokit.speech.shared_store import SharedStore
store = SharedStore(sys.argv[1])
write = store._write
store._write = lambda key, data: (time.sleep(0.05), write(key, data))
for number in range(3):
    store.write(f"{number:064x}", b"kept")
"""


def test_a_process_that_ends_writes_first_what_waits(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", WRITING, (tmp_path / "shared").as_uri()], check=True, timeout=30)
    assert len(list((tmp_path / "shared").rglob("*.speech"))) == 3


@pytest.mark.parametrize(
    "wrong",
    [{"encoding": "mp3"}, {"frames": 7}, {"sound": b"abc"}, {"sample_rate": 0}, {"encoding": "flac", "sound": b""}],
)
def test_an_entry_that_cannot_sound_is_a_miss_and_removed(cache: SpeechCache, wrong: dict[str, Any]) -> None:
    bad = dataclasses.replace(entry_for(), **wrong)
    cache.put(bad)
    assert cache.get(bad.request) is None
    assert cache.stats().entries == 0


def test_an_address_nobody_knows_is_refused() -> None:
    with pytest.raises(CacheError, match="nowhere://"):
        SharedStore("nowhere://bucket/speech")


def test_settings_come_from_the_configuration_file(tmp_path: Path) -> None:
    file = Path(os.environ["AUDIOKIT_HOME"]) / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'[cache]\nfolder = "{tmp_path}/c"\nmax_bytes = 5\n', "utf-8")
    assert configured() == CacheSettings(folder=tmp_path / "c", max_bytes=5)
    file.write_text("[cache]\nmaximum = 5\n", "utf-8")
    with pytest.raises(ConfigError, match="maximum"):
        configured()


def test_only_one_at_a_time_holds_a_flight(tmp_path: Path) -> None:
    first, second = Flight(tmp_path / "a.lock"), Flight(tmp_path / "a.lock")
    assert first.begin()
    assert not second.begin()
    first.end()
    assert second.begin()
    second.end()
    assert list(tmp_path.iterdir()) == []


def test_a_flight_that_is_over_before_it_began_is_given_back(tmp_path: Path) -> None:
    flight, other = Flight(tmp_path / "a.lock"), Flight(tmp_path / "a.lock")
    flight.end()
    flight.begin()
    assert other.begin()
    other.end()


def test_a_store_gives_what_it_holds(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    store.write("ab" * 32, b"data")
    assert [(stored.key, stored.size_bytes) for stored in store.entries()] == [("ab" * 32, 4)]


def test_a_request_is_written_by_name() -> None:
    assert json.loads(json.dumps(request_for().to_json()))["text"] == "Hello"
