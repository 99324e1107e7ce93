"""Edit a podcast with audiokit and its peers: `python benchmarks/edit.py [--minutes 120] [--tools audiokit,pydub]`.

Each tool does each operation in a process of its own, pinned to one core, imports included. What is compared with what
is said in `editors.py` and README.md. Results go to RESULTS.md, with the marks that audiokit has to reach.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from editors import AUDIOKIT, EDITORS
from measured import Cost, cores, run
from prep import podcast
from results import machine, publish, table

OURS, THEIRS = "audiokit", "pydub"
PACKAGES = ("audiokit", "numpy", "scipy", "av", "soundfile", "soxr", "pydub")
PYDUB_COMPRESS_MINUTES = 2  # a Python loop over every frame, linear in their number: 2 hours would take hours
MARKS = {"normalize": 1, "compress": 50, "fade": 1, "split": 20, "mp3": 1}
"""How many times as fast as pydub audiokit has to be."""
MOST_MB = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One operation of one tool."""

    operation: str
    tool: str
    duration_s: float
    """Length of the recording."""
    cost: Cost

    @property
    def speed(self) -> float:
        """Times real time; 0 for a failure."""
        return 0.0 if self.cost.failure else self.duration_s / self.cost.wall_s

    @property
    def peak_mb(self) -> float:
        """Peak memory, in MiB."""
        return self.cost.peak_bytes / 2**20


def measure(operation: str, tool: str, minutes: float) -> Outcome:
    """Run one operation of one tool."""
    if (operation, tool) == ("compress", THEIRS):
        minutes = min(minutes, PYDUB_COMPRESS_MINUTES)
    recording, truth = podcast(minutes)
    recording.read_bytes()  # into the page cache, so that the first tool has no harder time
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / {"split": "clips", "mp3": "out.mp3"}.get(operation, "out.wav")
        cost = run(command(operation, tool, recording, out), cores()[:1])
        if not cost.failure and not any(path.stat().st_size for path in out.parent.rglob("*.*")):
            raise SystemExit(f"{tool} {operation} wrote nothing")
    return Outcome(operation=operation, tool=tool, duration_s=truth.duration_s, cost=cost)


def command(operation: str, tool: str, source: Path, out: Path) -> list[str]:
    """Give the command line."""
    if tool == OURS:
        verb = "split" if operation == "split" else "edit"
        return [sys.executable, "-m", "audiokit", verb, str(source), str(out), *AUDIOKIT[operation]]
    return [sys.executable, str(Path(__file__).with_name("editors.py")), tool, operation, str(source), str(out)]


def row(outcome: Outcome, theirs: Outcome | None) -> list[str]:
    """Say what a run took, and whether audiokit reaches its mark."""
    cost, minutes = outcome.cost, round(outcome.duration_s / 60)
    name = f"{outcome.operation}, {outcome.tool}, {minutes} min"
    if cost.failure:
        return [name, f"failed: {cost.failure[:80]}", *[""] * 5]
    figures = [f"{cost.wall_s:.1f}", f"{outcome.speed:.0f}", f"{cost.cpu_s:.1f}", f"{outcome.peak_mb:.0f}"]
    gain = f"{outcome.speed / theirs.speed:.1f}" if theirs and theirs.speed else ""
    return [name, *figures, gain, verdict(outcome, theirs) if outcome.tool == OURS else ""]


def verdict(ours: Outcome, theirs: Outcome | None) -> str:
    """Name the marks that are missed."""
    missed = []
    if theirs and ours.speed < MARKS[ours.operation] * theirs.speed:
        missed.append(f"below {MARKS[ours.operation]} x")
    if ours.peak_mb > MOST_MB:
        missed.append(f"above {MOST_MB} MB")
    return ", ".join(missed) or "reached"


def compare(minutes: float, operations: Sequence[str], tools: Sequence[str]) -> None:
    """Fill the section "edit"."""
    rows = []
    for operation in operations:
        outcomes = []
        for tool in tools:
            outcomes.append(measure(operation, tool, minutes))
            print(*row(outcomes[-1], None)[:5], file=sys.stderr)
        theirs = next((outcome for outcome in outcomes if outcome.tool == THEIRS), None)
        rows += [row(outcome, theirs) for outcome in outcomes]
    header = ["operation, tool, corpus", "wall s", "x real time", "CPU s", "peak MB", "x pydub", "mark"]
    publish("edit", f"## Editing a podcast\n\n{machine(PACKAGES)}. One core each.\n\n{table(header, rows)}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=120)
    parser.add_argument("--operations", help="names with commas; default: all")
    parser.add_argument("--tools", help="names with commas; default: all that this machine has")
    chosen = parser.parse_args()
    there = [OURS, *(tool for tool in EDITORS if tool == THEIRS or shutil.which(tool))]
    operations = chosen.operations.split(",") if chosen.operations else list(AUDIOKIT)
    tools = chosen.tools.split(",") if chosen.tools else there
    unknown = {*operations, *tools} - {*AUDIOKIT, OURS, *EDITORS}
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join([*AUDIOKIT, OURS, *EDITORS])}")
    compare(chosen.minutes, operations, tools)


if __name__ == "__main__":
    main()
