"""Cut podcasts with audiokit and its peers: `python benchmarks/prep.py [--minutes 10 30 120] [--tools audiokit,pydub]`.

Each tool runs on each corpus in a process of its own, pinned to one core; time counts from the start of the process to
its end, imports included. What the columns mean is said in `edges.py` and README.md. `--cores` measures a folder of
four recordings with one and with two workers, `--vad` the speech detector alone. Results go to RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import corpus
from edges import Spans, Truth, edges, precision, recall, spans
from measured import Cost, cores, run
from results import machine, publish, table
from tools import PEERS

AUDIOKIT = {"audiokit": (), "audiokit-20s": ("--max-seconds", "20")}
"""audiokit as it comes, and with longer clips: fewer sentences are longer than these, so fewer are split at a comma."""
PACKAGES = ("audiokit", "numpy", "onnxruntime", "av", "soundfile", "soxr", "pydub", "librosa", "auditok")
FOLDER_MINUTES, FOLDER_SEEDS = 60, (1, 2, 3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One tool on one recording."""

    tool: str
    minutes: float
    """Length of the corpus, as asked for."""
    cost: Cost
    kept: Spans
    """What a user gets."""
    found: Spans
    """The same with what audiokit refused."""


def podcast(minutes: float, seed: int = 7) -> tuple[Path, Truth]:
    """Give a recording and its truth; make them if they are not there."""
    stem = corpus.CORPUS / (f"podcast-{minutes:g}" if seed == 7 else f"folder/podcast-{minutes:g}-{seed}")
    if not stem.with_suffix(".mp3").exists():
        corpus.make(minutes, stem, seed)
    return stem.with_suffix(".mp3"), Truth.from_json(json.loads(stem.with_suffix(".json").read_text("utf-8")))


def measure(tool: str, recording: Path, minutes: float) -> Outcome:
    """Run one tool on one recording."""
    recording.read_bytes()  # into the page cache, so that the first tool has no harder time
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out"
        cost = run(command(tool, recording, out), cores()[:1])
        kept, found = ([], []) if cost.failure else segments(tool, out)
    return Outcome(tool=tool, minutes=minutes, cost=cost, kept=spans(kept), found=spans(found))


def command(tool: str, source: Path, out: Path, jobs: int = 1) -> list[str]:
    """Give the command line that cuts `source`."""
    if tool in AUDIOKIT:
        words = ["prep", str(source), str(out), "--jobs", str(jobs), "--quiet", *AUDIOKIT[tool]]
        return [sys.executable, "-m", "audiokit", *words]
    return [sys.executable, str(Path(__file__).with_name("tools.py")), tool, str(source), str(out)]


def segments(tool: str, out: Path) -> tuple[list[list[float]], list[list[float]]]:
    """Read what a tool kept, and all that it found."""
    if tool not in AUDIOKIT:
        found = json.loads((out / "segments.json").read_text("utf-8"))
        return found, found
    clips = [json.loads(line) for line in (out / "manifest.jsonl").read_text("utf-8").splitlines()]
    places = [[clip["start_s"], clip["end_s"]] for clip in clips]
    return [place for clip, place in zip(clips, places, strict=True) if clip["kept"]], places


def cost_row(outcome: Outcome, duration_s: float) -> list[str]:
    """Say what a run took."""
    cost, name = outcome.cost, f"{outcome.tool}, {outcome.minutes:g} min"
    if cost.failure:
        return [name, f"failed: {cost.failure[:80]}", *[""] * 3]
    speed = f"{duration_s / cost.wall_s:.0f}"
    return [name, f"{cost.wall_s:.1f}", speed, f"{cost.cpu_s:.1f}", f"{cost.peak_bytes / 2**20:.0f}"]


def edge_row(outcome: Outcome, truth: Truth) -> list[str]:
    """Say how well a run's segments fit."""
    found = edges(outcome.kept, truth)
    shares = (found.head_cut, found.tail_cut, found.split_inside)
    parts = recall(outcome.found, truth), precision(outcome.found, truth), precision(outcome.found, truth, 0.0)
    return [
        f"{outcome.tool}, {outcome.minutes:g} min",
        f"{found.segments}",
        *(f"{share:.1f}" for share in shares),
        f"{found.inside_word:.1f} ({found.words_hit})",
        *(f"{share:.1f}" for share in (found.music_kept, found.under_3_s)),
        *(f"{part:.3f}" for part in parts),
    ]


def compare_tools(lengths_min: Sequence[float], tools: Sequence[str]) -> None:
    """Fill the section "prep"."""
    costs, fits = [], []
    for minutes in lengths_min:
        recording, truth = podcast(minutes)
        for tool in tools:
            outcome = measure(tool, recording, minutes)
            costs.append(cost_row(outcome, truth.duration_s))
            print(" ".join(costs[-1]), file=sys.stderr)
            if not outcome.cost.failure:
                fits.append(edge_row(outcome, truth))
    cost_header = ["tool, corpus", "wall s", "x real time", "CPU s", "peak MB"]
    cuts = ["head cut %", "tail cut %", "split inside %", "inside a word % (n)"]
    fit_header = ["tool, corpus", "segments", *cuts, "music kept %", "under 3 s %", "recall", "precision", "pure"]
    title = f"## Cutting a podcast\n\n{machine(PACKAGES)}. One core each."
    publish("prep", f"{title}\n\n{table(cost_header, costs)}\n\n{table(fit_header, fits)}")


def compare_cores() -> None:
    """Fill the section "cores": each number of workers once for its time, and once for its memory."""
    paths = [podcast(FOLDER_MINUTES, seed) for seed in FOLDER_SEEDS]
    total_s = sum(truth.duration_s for _, truth in paths)
    rows, alone_s = [], 0.0
    for jobs in (1, 2):
        timed, watched = (prepare_folder([path for path, _ in paths], jobs, is_watched=each) for each in (False, True))
        alone_s = alone_s or timed.wall_s
        speed, gain = f"{total_s / timed.wall_s:.0f}", f"{alone_s / timed.wall_s:.2f}"
        rows.append([f"{jobs}", f"{timed.wall_s:.1f}", speed, gain, f"{watched.peak_bytes / 2**20:.0f}"])
    title = f"## Four recordings of {FOLDER_MINUTES} minutes\n\n{machine(PACKAGES)}. As many cores as jobs."
    publish("cores", f"{title}\n\n{table(['jobs', 'wall s', 'x real time', 'gain', 'peak MB'], rows)}")


def prepare_folder(recordings: Sequence[Path], jobs: int, *, is_watched: bool) -> Cost:
    """Prepare a folder of recordings with as many workers, on as many cores."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "in"
        folder.mkdir()
        for path in recordings:
            shutil.copy(path, folder)
        words = command("audiokit", folder, Path(scratch) / "out", jobs)
        cost = run(words, cores()[:jobs], is_watched=is_watched)
    if cost.failure:
        raise SystemExit(f"audiokit with {jobs} jobs failed: {cost.failure}")
    return cost


def compare_vad() -> None:
    """Fill the section "vad"."""
    recording, _ = podcast(10)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "rows.json"
        script = Path(__file__).with_name("vad.py")
        cost = run([sys.executable, str(script), str(recording), str(out)], cores()[:1])
        if cost.failure:
            raise SystemExit(f"vad.py failed: {cost.failure}")
        rows = json.loads(out.read_text("utf-8"))
    header = ["Silero", "x real time (CPU)", "largest difference", "regions"]
    title = f"## Speech detection alone, 10 minutes\n\n{machine(PACKAGES)}. One core."
    publish("vad", f"{title}\n\n{table(header, rows)}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30, 120])
    parser.add_argument("--tools", help="names with commas; default: all that this machine has")
    parser.add_argument("--cores", action="store_true", help="a folder with one and with two workers, instead")
    parser.add_argument("--vad", action="store_true", help="the speech detector alone, instead")
    chosen = parser.parse_args()
    known = [*AUDIOKIT, *PEERS]
    tools = (
        chosen.tools.split(",") if chosen.tools else [tool for tool in known if tool != "ffmpeg" or shutil.which(tool)]
    )
    if unknown := sorted(set(tools) - set(known)):
        parser.error(f"unknown tools {', '.join(unknown)}; there are {', '.join(known)}")
    if chosen.cores:
        compare_cores()
    if chosen.vad:
        compare_vad()
    if not (chosen.cores or chosen.vad):
        compare_tools(chosen.minutes, tools)


if __name__ == "__main__":
    main()
