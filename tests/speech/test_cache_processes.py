"""Several processes on one cache, some of them killed: nobody pays twice, nothing torn is ever given."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audiokit.speech.cache import CacheSettings, SpeechCache
from audiokit.speech.single_flight import Flight
from tests.speech.test_cache import entry_for

pytestmark = pytest.mark.process

ASKER = """
import asyncio, sys
from pathlib import Path
from audiokit.speech.cache import CacheSettings, SpeechCache
from audiokit.speech.cached import CachedTTS
from audiokit.speech.streams import whole
from tests.speech.voices import ToneTTS
voice = ToneTTS(pause_s=float(sys.argv[2]))
tts = CachedTTS(voice, SpeechCache(CacheSettings(folder=Path(sys.argv[1]))), provider="tone")
print("ready", flush=True)
sys.stdin.readline()
frames = sum(len(chunk.samples) for chunk in asyncio.run(whole(tts, "one two three four five", None)))
print(len(voice.asked), frames, flush=True)
"""

WRITER = """
import sys
from pathlib import Path
from audiokit.speech.cache import CacheSettings, SpeechCache
from tests.speech.test_cache import entry_for
cache = SpeechCache(CacheSettings(folder=Path(sys.argv[1]), max_bytes=300_000))
print("ready", flush=True)
number = 0
while True:
    cache.put(entry_for(f"words {number % 40} " * 20))
    cache.get(entry_for(f"words {(number + 7) % 40} " * 20).request)
    number += 1
"""

HOLDER = """
import sys, time
from pathlib import Path
from audiokit.speech.single_flight import Flight
flight = Flight(Path(sys.argv[1]))
print(flight.begin(), flush=True)
time.sleep(60)
"""


def start(script: str, *words: object) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline().strip() in ("ready", "True")
    return process


def test_two_processes_that_ask_for_the_same_pay_once(tmp_path: Path) -> None:
    both = [start(ASKER, tmp_path / "speech", 0.1) for _ in range(2)]
    for process in both:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].split() for process in both]
    assert sorted(asked for asked, _ in answers) == ["0", "1"]
    assert {frames for _, frames in answers} == {"8000"}


def test_a_killed_process_blocks_nobody_and_leaves_nothing_half(tmp_path: Path) -> None:
    first = start(ASKER, tmp_path / "speech", 30.0)
    assert first.stdin
    first.stdin.write("go\n")
    first.stdin.flush()
    while not list(tmp_path.rglob("*.lock")):
        time.sleep(0.01)
    first.kill()
    first.communicate()
    second = start(ASKER, tmp_path / "speech", 0.0)
    assert second.communicate("go\n", timeout=30)[0].split() == ["1", "8000"]
    assert SpeechCache(CacheSettings(folder=tmp_path / "speech")).stats().entries == 1


def test_no_kill_at_any_moment_leaves_a_torn_entry(tmp_path: Path) -> None:
    folder, chance = tmp_path / "speech", random.Random(7)
    for _ in range(4):
        writer = start(WRITER, folder)
        time.sleep(chance.uniform(0.02, 0.3))
        writer.kill()
        writer.communicate()
    cache = SpeechCache(CacheSettings(folder=folder))
    stored = list(cache._store.entries())
    assert stored
    assert len(list(cache.entries())) == len(stored)
    entry = entry_for("still works")
    cache.put(entry)
    assert cache.get(entry.request) == entry


def test_a_lock_is_taken_from_a_killed_process(tmp_path: Path) -> None:
    holder = start(HOLDER, tmp_path / "a.lock")
    flight = Flight(tmp_path / "a.lock")
    assert not flight.begin()
    holder.kill()
    holder.communicate()
    assert flight.begin()
    flight.end()
