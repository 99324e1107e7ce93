"""Mutated recordings of every format through `audiokit prep`: no crash, no hang, no leak, each file reported.

    python benchmarks/fuzz_prep.py 250 SEED [--keep FOLDER]

Each of the files must be a row of dataset.json, prepared or skipped with a reason, and none because its worker died or
stood still. A worker may not grow, and nothing may appear outside the dataset's folder. What breaks a rule is told
with what was done to the file, and kept in FOLDER.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.fuzz_files import mutants, originals  # noqa: E402

SAMPLE_S = 0.1
WARM_S = 5.0
"""A worker's first seconds load its libraries."""
MOST_BYTES = 700 << 20
"""What a worker may ever hold: its libraries take 130 MB, a block of 256 channels in doubles another 130."""
GROWTH_BYTES = 200 << 20
"""How much more a worker may hold at its end than when it was warm."""
STALL_S = 30.0
BUDGET_S = 2.0
"""For each file on one worker, in all: some are prepared, most are refused at once."""
OUTSIDE = ("fuzz-was-here", "fuzzhere")
INSIDE = re.compile(
    r"(clips/[a-z0-9-]+\.wav|clips|manifest\.jsonl|dataset\.json|README\.md|report\.html|\.audiokit(/.*)?)"
)


@dataclass(slots=True)
class Outcome:
    """What came of a run."""

    files: int
    wall_s: float = 0.0
    rows: Counter[str] = field(default_factory=Counter)
    """Files by what became of them."""
    peak_bytes: int = 0
    """The most a worker held."""
    growth_bytes: int = 0
    """The most a worker grew after it was warm."""
    faults: list[str] = field(default_factory=list)
    """Rules that were broken."""


class Memory:
    """What each worker holds over time."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self._seen: dict[int, list[tuple[float, int]]] = defaultdict(list)

    def look(self) -> None:
        """Take one sample."""
        try:
            for child in self._process.children(recursive=True):
                self._seen[child.pid].append((time.monotonic() - child.create_time(), child.memory_info().rss))
        except psutil.Error:
            pass  # it ended while being looked at

    @property
    def peak_bytes(self) -> int:
        """The most any of them held."""
        return max((held for samples in self._seen.values() for _, held in samples), default=0)

    @property
    def growth_bytes(self) -> int:
        """How much any of them held at last that it had not when it was warm."""
        warm = [samples[round(WARM_S / SAMPLE_S) :] for samples in self._seen.values()]
        return max((samples[-1][1] - samples[0][1] for samples in warm if samples), default=0)


def fuzz(scratch: Path, count: int, seed: int, *, jobs: int = 2) -> Outcome:
    """Prepare mutated recordings in a folder of their own; `scratch` must be empty."""
    for name in ("good", "in", "tmp", "home", "here"):
        (scratch / name).mkdir()
    told = mutants(scratch / "in", originals(scratch / "good"), count, seed)
    shutil.copy(scratch / "good" / "tones_16.wav", scratch / "in" / "zz good.wav")
    before = _hashes(scratch / "in")
    outcome = Outcome(files=count)
    code, said = _run(scratch, jobs, outcome)
    if code != 0 or "Traceback" in said:
        outcome.faults.append(f"prep ended with {code}: {said[-2000:]}")
    if (scratch / "out" / "dataset.json").exists():
        _judge_rows(scratch / "out", told, outcome)
    if _hashes(scratch / "in") != before:
        outcome.faults.append("recordings were changed")
    outcome.faults += _strays(scratch)
    if outcome.peak_bytes > MOST_BYTES or outcome.growth_bytes > GROWTH_BYTES:
        outcome.faults.append(f"a worker held {outcome.peak_bytes:,} bytes and grew by {outcome.growth_bytes:,}")
    return outcome


def _run(scratch: Path, jobs: int, outcome: Outcome) -> tuple[int, str]:
    words = ["prep", str(scratch / "in"), str(scratch / "out"), "--quiet", "--jobs", str(jobs)]
    environment = {**os.environ, "TMPDIR": str(scratch / "tmp"), "HOME": str(scratch / "home"), "PYTHONPATH": str(ROOT)}
    started_s = time.monotonic()
    with (scratch / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "audiokit", *words, "--stall-seconds", str(STALL_S)],
            stdout=said, stderr=said, env=environment, cwd=scratch / "here",
        )  # fmt: skip
        memory, budget_s = Memory(psutil.Process(process.pid)), 60 + outcome.files * BUDGET_S
        while process.poll() is None:
            memory.look()
            time.sleep(SAMPLE_S)
            if time.monotonic() - started_s > budget_s:
                outcome.faults.append(f"not done after {budget_s:.0f} s")
                process.terminate()
                process.wait()
    outcome.wall_s = time.monotonic() - started_s
    outcome.peak_bytes, outcome.growth_bytes = memory.peak_bytes, memory.growth_bytes
    return process.returncode, (scratch / "said").read_text("utf-8", "replace")


def _judge_rows(out: Path, told: dict[str, str], outcome: Outcome) -> None:
    """Look at what the dataset says about each file."""
    rows: dict[str, dict[str, Any]] = {}
    for row in json.loads((out / "dataset.json").read_text("utf-8"))["sources"]:
        name = Path(row["name"]).name
        rows[name] = row
        outcome.rows[row["skipped"] or "prepared"] += 1
        if row["skipped"] in ("crashed", "stalled", "failed") or (row["skipped"] and not row["message"]):
            outcome.faults.append(f"{name!r} ({told.get(name)}): {row['skipped']}: {row['message']}")
        if not row["skipped"] and not 0 < row["duration_s"] < 1e6:
            outcome.faults.append(f"{name!r} ({told.get(name)}): lasts {row['duration_s']} s")
    outcome.faults += [f"{name!r} ({told[name]}): no row" for name in sorted(set(told) - set(rows))]


def _strays(scratch: Path) -> list[str]:
    """Find what lies where nothing should."""
    faults = [f"a file in {place}/: {path.name}" for place in ("tmp", "here", "home") for path in _all(scratch / place)]
    out = scratch / "out"
    faults += [f"odd in the dataset: {path}" for path in _all(out) if not INSIDE.fullmatch(str(path.relative_to(out)))]
    around = (*scratch.parents, scratch, Path.cwd(), Path.home(), Path("/var"))
    return faults + [f"written: {place / name}" for place in around for name in OUTSIDE if (place / name).exists()]


def _all(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*")) if folder.is_dir() else []


def _hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def _keep(scratch: Path, told: list[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in (scratch / "in").iterdir():
        if any(repr(path.name) in fault for fault in told):
            shutil.copy(path, folder)


def main() -> None:
    """Read the command line; exit code 1 where a rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-kept"), help="where files go that break a rule")
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = fuzz(Path(folder), words.files, words.seed, jobs=words.jobs)
        _keep(Path(folder), outcome.faults, words.keep) if outcome.faults else None
    print(f"{outcome.files} files, {outcome.wall_s:.1f} s: {dict(outcome.rows.most_common())}")
    print(f"a worker held up to {outcome.peak_bytes / 1e6:.0f} MB and grew by {outcome.growth_bytes / 1e6:.0f} MB")
    for fault in outcome.faults:
        print("FAULT", fault)
    sys.exit(bool(outcome.faults))


if __name__ == "__main__":
    main()
