"""What each judge of `audiokit prep` keeps and costs: `python benchmarks/datasets.py [--minutes 10] [--shows 10]`.

One podcast of `corpus.py` (four voices, music, knocks) and a number of made-up ones of `diarize.py` (a host and
guests) are prepared as `prep` comes, and then with one judge more at a time. Beside them, audio-slicer with the
settings of its own command line. Every run has a process and a core of its own; imports count.

Emilia-Pipe is not among the columns: its separation, its diarization and its recognizer load models from hosts that
are no package registries. Its rules are here as judges: DNSMOS above 3 (mos), clips of 3 to 30 s (emilia), one speaker
a clip (speaker).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import diarize
import numpy as np
import soundfile
from edges import Spans, Truth, edges, recall, spans
from measured import Cost, cores, run
from prep import podcast
from results import installed, machine, publish, table

from audiokit.api import prep
from audiokit.dataset.judge import reason_name
from audiokit.dataset.settings import PrepSettings

JUDGES: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "duplicates refused": {"duplicates": "refuse"},
    "mos": {"min_mos": 3.0},
    "reverb": {"max_reverb_s": 0.3},
    "music": {"max_music": 0.45},
    "speaker": {"speaker": "auto"},
    "emilia": {"min_mos": 3.0, "max_s": 30.0, "speaker": "all"},
    "denoise": {"denoise": True},
    "transcribe": {"transcribe": True, "language": "en"},
    "doubtful texts": {"transcribe": True, "language": "en", "refuse_doubtful": True},
}
"""What each run is told; one whose settings this version does not have is left out."""
SLICER = "audio-slicer"
WHOSE = ("as it comes", "speaker")
SLICER_CLI = {"threshold": -40, "min_length": 5000, "min_interval": 300, "hop_size": 10, "max_sil_kept": 500}
PACKAGES = ("audiokit", "numpy", "onnxruntime", "av", "speechmos", "faster-whisper", "librosa", SLICER)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        """Its length."""
        return self.end_s - self.start_s


def slice_audio(source: str) -> list[list[float]]:
    """Let audio-slicer cut a recording; give where its slices lie."""
    from librosa import load
    from src.slicer2 import Slicer  # the package on PyPI calls its module so

    sound, rate = load(source, sr=None, mono=True)
    first = sound.ctypes.data  # slices are views: where they lie in memory says where they lie in time
    slices = Slicer(sr=rate, **SLICER_CLI).slice(sound)
    starts = [(one.ctypes.data - first) / sound.itemsize / rate for one in slices]
    return [[start_s, start_s + len(one) / rate] for start_s, one in zip(starts, slices, strict=True)]


def work(tool: str, source: str, out: str) -> None:
    """Do one run; this is what a process of its own is started for."""
    if tool == SLICER:
        rows = [{"start_s": start_s, "end_s": end_s, "reasons": []} for start_s, end_s in slice_audio(source)]
    else:
        dataset = prep(source, Path(out) / "dataset", PrepSettings(**JUDGES[tool]), jobs=1)
        rows = [
            {
                "start_s": clip.start_s,
                "end_s": clip.end_s,
                "reasons": [reason_name(one) for one in clip.refused_because],
            }
            for clip in dataset.clips
        ]
    (Path(out) / "rows.json").write_text(json.dumps(rows), "utf-8")


def measure(tool: str, recording: Path) -> tuple[Cost, list[dict[str, Any]]]:
    """Run one tool on one core; give what it took and the pieces it made."""
    recording.read_bytes()  # into the page cache, so that the first tool has no harder time
    with tempfile.TemporaryDirectory() as scratch:
        cost = run([sys.executable, __file__, "--work", tool, str(recording), scratch], cores()[:1])
        rows = Path(scratch) / "rows.json"
        return cost, json.loads(rows.read_text("utf-8")) if rows.exists() else []


def known(judge: str) -> bool:
    """Tell whether this version has the settings of a judge."""
    return set(JUDGES[judge]) <= {field.name for field in fields(PrepSettings)}


def cost_row(tool: str, cost: Cost, rows: Sequence[Mapping[str, Any]], truth: Truth) -> list[str]:
    """Say what a run took and what became of the pieces."""
    if cost.failure:
        return [tool, f"failed: {cost.failure[:80]}", *[""] * 4]
    refused = Counter(reason for row in rows for reason in row["reasons"])
    told = ", ".join(f"{reason} {count}" for reason, count in refused.most_common()) or "none"
    speed, memory = f"{truth.duration_s / cost.wall_s:.0f}", f"{cost.peak_bytes / 2**20:.0f}"
    return [tool, f"{cost.wall_s:.1f}", speed, f"{cost.cpu_s:.1f}", memory, told]


def fit_row(tool: str, rows: Sequence[Mapping[str, Any]], truth: Truth) -> list[str]:
    """Say how good what was kept is."""
    kept = _kept(rows)
    found = edges(kept, truth)
    seconds = float(np.diff(kept).sum())
    longest = float(np.diff(kept).max(initial=0))
    return [
        tool, f"{len(kept)} of {len(rows)}", f"{seconds:.0f}", f"{longest:.0f}", f"{recall(kept, truth):.3f}",
        f"{found.music_kept:.1f}", f"{found.inside_word:.1f} ({found.words_hit})", f"{found.under_3_s:.1f}",
    ]  # fmt: skip


def _kept(rows: Sequence[Mapping[str, Any]]) -> Spans:
    return spans([(row["start_s"], row["end_s"]) for row in rows if not row["reasons"]])


def compare_judges(minutes: float, tools: Sequence[str]) -> str:
    """Give two tables: what each judge costs, and what it keeps."""
    recording, truth = podcast(minutes)
    costs, fits = [], []
    for tool in tools:
        cost, rows = measure(tool, recording)
        costs.append(cost_row(tool, cost, rows, truth))
        print(" ".join(costs[-1]), file=sys.stderr)
        if not cost.failure:
            fits.append(fit_row(tool, rows, truth))
    cost_header = ["judge", "wall s", "x real time", "CPU s", "peak MB", "refused"]
    cuts = ["music kept %", "inside a word % (n)", "under 3 s %"]
    fit_header = ["judge", "kept", "seconds", "longest s", "of all sentences", *cuts]
    return f"{table(cost_header, costs)}\n\n{table(fit_header, fits)}"


def compare_voices(shows: int, tools: Sequence[str], seed: int = 1) -> str:
    """Give a table of whose voice is in what is kept of podcasts with a host and guests."""
    rng = random.Random(seed)
    people = diarize.real(None) + diarize.synthetic(rng)
    seconds: dict[str, Counter[str]] = {tool: Counter() for tool in tools}
    for number in range(shows):
        host, talks = diarize.podcast(people, rng)
        room = np.random.default_rng(number)
        with tempfile.TemporaryDirectory() as scratch:
            for name, talk in talks.items():
                wave = np.concatenate(talk.pieces)
                wave += room.standard_normal(len(wave), np.float32) * np.float32(10 ** (diarize.ROOM_DBFS / 20))
                soundfile.write(Path(scratch) / f"{name}.wav", wave, diarize.RATE)
            for tool in tools:
                _count(tool, Path(scratch), talks, host.name, seconds[tool])
        print(number, host.name, {tool: dict(count) for tool, count in seconds.items()}, file=sys.stderr)
    rows = [[tool, *_shares(count)] for tool, count in seconds.items()]
    return table(["judge", "the host's part of what is kept", "kept of the host", "clips with somebody else"], rows)


def _count(tool: str, folder: Path, talks: Mapping[str, diarize.Talk], host: str, seconds: Counter[str]) -> None:
    """Add up who speaks in what a tool keeps of one podcast; `prep` sees all its episodes together."""
    for name, pieces in _pieces(tool, folder).items():
        others = {who for *_, who in talks[name].spans} - {host}
        for piece in pieces:
            host_s, others_s = talks[name].heard_s(piece, {host}), talks[name].heard_s(piece, others)
            seconds["host_s"] += host_s
            seconds["others_s"] += others_s
            seconds["clips"] += 1
            seconds["mixed"] += others_s >= diarize.HEARD_S
    seconds["all_s"] += sum(
        end_s - start_s for talk in talks.values() for start_s, end_s, who in talk.spans if who == host
    )


def _pieces(tool: str, folder: Path) -> dict[str, list[Piece]]:
    """Cut the episodes of one podcast; give what is kept, by episode."""
    if tool == SLICER:
        return {path.stem: [Piece(*place) for place in slice_audio(str(path))] for path in sorted(folder.glob("*.wav"))}
    settings = PrepSettings(min_s=2, min_snr_db=-100, min_bandwidth_hz=0, max_clipped=1, min_speech=0, **JUDGES[tool])
    with tempfile.TemporaryDirectory() as scratch:
        kept: dict[str, list[Piece]] = {path.stem: [] for path in folder.glob("*.wav")}
        for clip in prep(folder, Path(scratch) / "out", settings, jobs=1):
            kept[Path(clip.source).stem].append(Piece(clip.start_s, clip.end_s))
        return kept


def _shares(count: Counter[str]) -> list[str]:
    heard_s = max(count["host_s"] + count["others_s"], 1e-9)
    mixed = f"{count['mixed']} of {count['clips']}"
    return [f"{count['host_s'] / heard_s:.3f}", f"{count['host_s'] / max(count['all_s'], 1e-9):.3f}", mixed]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--shows", type=int, default=10, help="podcasts of a host and guests")
    parser.add_argument("--judges", help=f"names with commas out of: {', '.join([*JUDGES, SLICER])}")
    parser.add_argument("--work", nargs=3, metavar=("JUDGE", "SOURCE", "OUT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        work(*chosen.work)
        return
    tools = [judge for judge in JUDGES if known(judge)] + ([SLICER] if installed(SLICER) else [])
    if chosen.judges:
        tools = [name for name in chosen.judges.split(",") if name in tools]
    left_out = sorted({*JUDGES, SLICER} - set(tools))
    title = f"## What each judge keeps: {chosen.minutes:g} minutes of podcast, {chosen.shows} of a host with guests"
    parts = [title, f"{machine(PACKAGES)}. One core each.", compare_judges(chosen.minutes, tools)]
    if chosen.shows:
        parts.append(compare_voices(chosen.shows, [tool for tool in tools if tool in (*WHOSE, SLICER)]))
    if left_out:
        parts.append(f"Left out: {', '.join(left_out)}.")
    publish("datasets", "\n\n".join(parts))


if __name__ == "__main__":
    main()
