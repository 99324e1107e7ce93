"""Do clips of real speech begin or end inside a word? `python benchmarks/boundaries.py FOLDER... [--minutes 20]`.

The recordings found in the folders (English, any length) are joined in random order into one, with pauses of 0.15 to
0.6 s of room noise, and prepared. Whisper then hears 8 s around every boundary, and the boundary counts as inside a
word when it lies deeper than 0.1 s in one by the recognizer's own word times. Those times are not exact: a word that
Whisper stretches over a pause counts against us, so `in sound` says how many of them also lie where the level is not
down by 20 dB from the speech around: a real cut can only be there.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from results import machine, publish, table

import audiokit
from audiokit.audio.buffer import Audio
from audiokit.audio.files import read, write
from audiokit.registry import provider

SAMPLE_RATE = 24_000
PAUSES_S = (0.15, 0.6)
ROOM = 1e-3  # RMS of the noise: -60 dBFS
AROUND_S = 4.0
DEPTH_S = 0.1  # how far Whisper's word times may be off
QUIET_DB = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """One edge of a clip that the recognizer puts into a word."""

    time_s: float
    word: str
    in_sound: bool


def joined(folders: Sequence[Path], minutes: float) -> Audio:
    """Join recordings in random order, each at a peak of -6 dBFS."""
    rng = np.random.default_rng(5)
    paths = sorted(path for folder in folders for path in folder.rglob("*.wav"))
    pieces, frames = [], 0
    for path in rng.permutation(np.array(paths, object)):
        samples = read(path).mono().resample(SAMPLE_RATE).samples
        peak = np.abs(samples).max(initial=0)
        if len(samples) < SAMPLE_RATE or not peak:  # a beep or a syllable
            continue
        pause = np.zeros((round(rng.uniform(*PAUSES_S) * SAMPLE_RATE), 1), np.float32)
        pieces += [samples * np.float32(0.5 / peak), pause]
        frames += len(samples) + len(pause)
        if frames > minutes * 60 * SAMPLE_RATE:
            break
    whole = np.concatenate(pieces)
    return Audio(whole + ROOM * rng.standard_normal(whole.shape, np.float32), SAMPLE_RATE)


def boundaries(recording: Path, out: Path) -> list[float]:
    """Prepare the recording; give the times of all edges of clips, in seconds."""
    audiokit.prep(recording, out, jobs=1)
    rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text("utf-8").splitlines()]
    return sorted({round(row[edge], 3) for row in rows for edge in ("start_s", "end_s")})


def inside(audio: Audio, edges: Sequence[float]) -> Iterator[Boundary]:
    """Find the edges that lie in a word."""
    whisper = provider("stt", "whisper", threads=2)
    for edge_s in edges:
        start_s = max(0.0, edge_s - AROUND_S)
        heard = audio[start_s : min(audio.duration_s, edge_s + AROUND_S)]
        for word in whisper.transcribe_audio(heard).words:
            if word.start_s + DEPTH_S < edge_s - start_s < word.end_s - DEPTH_S:
                yield Boundary(time_s=edge_s, word=word.text, in_sound=is_sound(heard, edge_s - start_s))


def is_sound(heard: Audio, at_s: float) -> bool:
    """Tell whether the 40 ms around a moment are loud enough to be speech."""
    loudness = np.sqrt((heard.samples**2).mean())
    near = heard[max(0.0, at_s - 0.02) : at_s + 0.02].samples
    return bool(np.sqrt((near**2).mean()) > loudness * 10 ** (-QUIET_DB / 20))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--minutes", type=float, default=20.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        audio = joined(options.folders, options.minutes)
        recording = Path(scratch) / "speech.wav"
        write(recording, audio)
        edges = boundaries(recording, Path(scratch) / "out")
        found = list(inside(audio, edges))
    for one in found:
        print(f"{one.time_s:.2f} s in {one.word!r}{', in sound' if one.in_sound else ''}", file=sys.stderr)
    cut = sum(one.in_sound for one in found)
    share = f"{100 * cut / len(edges):.2f}"
    row = [f"{audio.duration_s / 60:.1f} min", str(len(edges)), str(len(found)), str(cut), share]
    text = "## Boundaries in real speech\n\n" + machine(("audiokit", "faster-whisper")) + "\n\n"
    publish("boundaries", text + table(["real speech", "boundaries", "in a word", "in sound", "in sound %"], [row]))


if __name__ == "__main__":
    main()
