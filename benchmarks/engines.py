"""One machine against a cluster: `python benchmarks/engines.py [--minutes 10] [--recordings 4] [--price 0.045]`.

The same folder of recordings goes through `prep` with one local worker, with two, and on a Ray cluster of two nodes
with one core each (two Ray nodes on this machine, each with its own store of objects; recordings and clips travel
between them as between machines). The datasets must be equal to the byte. The cost of 1,000 hours follows from the
speed per core and a price per core-hour. Results go to RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import corpus
from results import machine, publish, table

PACKAGES = ("audiokit", "ray", "numpy", "onnxruntime", "soundfile")
PRICE_PER_CORE_HOUR = 0.045  # US dollars; about a vCPU of AWS c7i on demand. State your own with --price
CORES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One engine on one folder."""

    name: str
    cores: int
    wall_s: float
    made: str
    """Hash over all files of the dataset."""


def recordings(count: int, minutes: float, folder: Path) -> float:
    """Make the recordings; give their length in hours."""
    for seed in range(1, count + 1):
        stem = corpus.CORPUS / f"folder/podcast-{minutes:g}-{seed}"
        if not stem.with_suffix(".mp3").exists():
            corpus.make(minutes, stem, seed)
        (folder / f"podcast {seed}.mp3").symlink_to(stem.with_suffix(".mp3"))
    return count * minutes / 60


def run(name: str, folder: Path, cores: int, *options: str) -> Outcome:
    """Prepare the folder once, from the start of the command to its end."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "dataset"
        command = [sys.executable, "-m", "audiokit", "prep", str(folder), str(out), "--quiet", *options]
        started_s = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        wall_s = time.perf_counter() - started_s
        return Outcome(name=name, cores=cores, wall_s=wall_s, made=fingerprint(out))


def fingerprint(out: Path) -> str:
    """Hash all files of a dataset but its lock."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.name != "lock")
    return sha256(b"".join(f"{path.relative_to(out)} {sha256(path.read_bytes()).hexdigest()}\n".encode()
                           for path in files)).hexdigest()  # fmt: skip


@contextmanager
def cluster() -> Iterator[str]:
    """Start a Ray cluster of two nodes with a core each, and a head that only leads; give its address."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    machines = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(CORES):
            machines.add_node(num_cpus=1)
        yield machines.address
    finally:
        machines.shutdown()


def row(outcome: Outcome, hours: float, price: float) -> list[str]:
    """Say how fast an engine is, and what 1,000 hours would cost with it."""
    speed = hours / (outcome.wall_s / 3600)
    cost = 1000 / speed * outcome.cores * price
    return [outcome.name, f"{outcome.wall_s:.1f}", f"{speed:.0f}", f"{speed / outcome.cores:.0f}", f"${cost:.2f}"]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--recordings", type=int, default=4)
    parser.add_argument("--price", type=float, default=PRICE_PER_CORE_HOUR, help="US dollars for a core and hour")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "talks"
        folder.mkdir()
        hours = recordings(given.recordings, given.minutes, folder)
        outcomes = [run("local, 1 worker", folder, 1, "--jobs", "1"),
                    run(f"local, {CORES} workers", folder, CORES, "--jobs", str(CORES))]  # fmt: skip
        with cluster() as address:
            outcomes.append(run(f"ray, {CORES} nodes", folder, CORES, "--ray-address", address))
    if len({outcome.made for outcome in outcomes}) != 1:
        raise SystemExit("the datasets differ")
    header = ["engine", "s", "hours of audio an hour", "a core", f"1,000 h at ${given.price:g} a core-hour"]
    rows = [row(outcome, hours, given.price) for outcome in outcomes]
    publish(
        "engines",
        f"## One machine and a cluster\n\n`prep` on {given.recordings} recordings of {given.minutes:g} min, whole "
        f"commands, start included. All datasets equal to the byte.\n\n{table(header, rows)}\n\n{machine(PACKAGES)}",
    )


if __name__ == "__main__":
    main()
