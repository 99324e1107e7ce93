"""The speech cache: which store, and how soon a cached phrase sounds.

    python benchmarks/cache.py                      # 100,000 entries of 48 KB in each store: 5 GB of disk, 20 minutes
    python benchmarks/cache.py --entries 2000       # to see that it works

warm: entries that were read before; cold: a new process, after the system was told to forget the files. 8 processes
read, and write one time in twenty. "first audio" goes through CachedTTS inside a running event loop.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import multiprocessing
import os
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import numpy as np
from cache_stores import STORES, Store
from results import machine, publish, table

from audiokit.contracts import SpeechChunk, Voice
from audiokit.speech.cache import CacheSettings, SpeechCache
from audiokit.speech.cached import CachedTTS
from audiokit.speech.store import FolderStore

PACKAGES = ["audiokit", "diskcache", "filelock"]
HOT = 500
PROCESSES = 8
WRITES = 0.05
MARK_S = 0.005


class Tone:
    """A voice that takes no time: one second of a tone at 24 kHz."""

    sample_rate, encoding, settings_key = 24_000, "pcm_s16le", "[]"

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)
        yield SpeechChunk(wave.astype(np.float32)[:, np.newaxis], 24_000)


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def fill(store: Store, entries: int, data: bytes) -> float:
    started_s = time.perf_counter()
    for number in range(entries):
        store.write(key(number), data)
    return time.perf_counter() - started_s


def reads_s(store: Store, numbers: Sequence[int], size: int) -> list[float]:
    """Time each read."""
    times_s = []
    for number in numbers:
        started_s = time.perf_counter()
        data = store.read(key(number))
        times_s.append(time.perf_counter() - started_s)
        if data is None or len(data) != size:
            raise AssertionError(f"entry {number} was torn or lost")
    return times_s


def forget(folder: Path) -> None:
    """Ask the system to drop the files from its memory."""
    os.sync()
    for path in folder.rglob("*"):
        if path.is_file() and hasattr(os, "posix_fadvise"):
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def worker(name: str, folder: str, entries: int, size: int, seconds: float, seed: int, out: object) -> None:
    store, chance, data = STORES[name](Path(folder)), random.Random(seed), bytes(size)
    times_s, end_s = [], time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        number = chance.randrange(entries)
        if chance.random() < WRITES:
            store.write(key(number), data)
        else:
            times_s += reads_s(store, [number], size)
    out.put(times_s)  # type: ignore[attr-defined]


def together(name: str, folder: Path, entries: int, size: int, seconds: float) -> list[float]:
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    arguments = (name, str(folder), entries, size, seconds)
    workers = [context.Process(target=worker, args=(*arguments, seed, out)) for seed in range(PROCESSES)]
    for process in workers:
        process.start()
    times_s = [time_s for _ in workers for time_s in out.get()]
    for process in workers:
        process.join()
    return times_s


def ms(times_s: Sequence[float], percentile: float) -> str:
    return f"{1000 * float(np.percentile(times_s, percentile)):.3f}"


def measured(name: str, folder: Path, entries: int, size: int, seconds: float) -> list[str]:
    chance = random.Random(1)
    store = STORES[name](folder)
    fill_s = fill(store, entries, bytes(size))
    forget(folder)
    cold_s = reads_s(STORES[name](folder), chance.sample(range(entries), min(HOT, entries)), size)
    hot = chance.sample(range(entries), min(HOT, entries))
    reads_s(store, hot, size)
    warm_s = reads_s(store, hot * 5, size)
    busy_s = together(name, folder, entries, size, seconds)
    return [
        name, f"{1000 * fill_s / entries:.3f}", ms(warm_s, 50), ms(warm_s, 99), ms(cold_s, 50), ms(cold_s, 99),
        f"{len(busy_s) / seconds:,.0f}", ms(busy_s, 50), ms(busy_s, 99),
    ]  # fmt: skip


def prune_s(folder: Path) -> float:
    started_s = time.perf_counter()
    FolderStore(folder).prune(2**60, None)
    return time.perf_counter() - started_s


async def first_audio_s(folder: Path, phrases: int) -> list[float]:
    """Time from the call to the first chunk of phrases that were said before."""
    tts = CachedTTS(Tone(), SpeechCache(CacheSettings(folder=folder, max_bytes=None)), provider="tone")
    texts = [f"This is phrase number {number}." for number in range(phrases)]
    for text in texts:
        async for _ in tts.synthesize(text):
            pass
    times_s = []
    for text in texts * 4:
        started_s = time.perf_counter()
        stream = tts.synthesize(text)
        await anext(stream)
        times_s.append(time.perf_counter() - started_s)
        await stream.aclose()  # type: ignore[attr-defined]
    return times_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--kilobytes", type=int, default=48, help="size of an entry; 48 KB are 1 s of 24 kHz")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long 8 processes read and write")
    parser.add_argument("--stores", default=",".join(STORES))
    parser.add_argument("--folder", type=Path, help="where to put them; a temporary folder by default")
    parser.add_argument("--dry", action="store_true", help="leave RESULTS.md as it is")
    options = parser.parse_args()
    rows, size, pruned = [], options.kilobytes * 1000, ""
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        for name in options.stores.split(","):
            folder = Path(scratch) / "store"
            rows.append(measured(name.strip(), folder, options.entries, size, options.seconds))
            if name.startswith("files (audiokit)"):
                pruned = f" A prune looked at all entries in {prune_s(folder):.2f} s."
            shutil.rmtree(folder)
        audio_s = asyncio.run(first_audio_s(Path(scratch) / "speech", min(options.entries, 250)))
    header = ["store", "write ms", "warm ms", "p99", "cold ms", "p99", "8 processes: reads/s", "ms", "p99"]
    first = (
        f"First audio of a cached phrase, through CachedTTS in an event loop: median {ms(audio_s, 50)} ms, "
        f"99 % within {ms(audio_s, 99)} ms (mark: {1000 * MARK_S:g} ms).{pruned}"
    )
    text = (
        f"## The speech cache\n\n{machine(PACKAGES)}. {options.entries:,} entries of {options.kilobytes} KB.\n\n"
        f"{table(header, rows)}\n\n{first}"
    )
    if options.dry:
        print(text)
    else:
        publish("cache", text)


if __name__ == "__main__":
    main()
