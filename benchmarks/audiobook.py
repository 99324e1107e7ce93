"""A 12-hour audiobook, prepared: `python benchmarks/audiobook.py [--hours 12]`.

Makes one m4b (AAC, 44.1 kHz mono, 64 kbit/s) with a cover and a chapter every half hour out of the LibriVox
utterances in samples/, prepares it with one worker, and prints length, clips, wall and CPU seconds, and the peak
memory of the process tree.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr
from measured import cores, run

HERE = Path(__file__).resolve().parent
SAMPLE_RATE = 44_100
CHAPTER_S = 1_800
ROOM = 1e-3  # RMS of the noise between sentences


def sentences() -> list[np.ndarray]:
    """Read the utterances at the book's rate."""
    paths = sorted((HERE.parent / "samples" / "librivox").glob("*.wav"))
    read = (soundfile.read(path, dtype="float32") for path in paths)
    return [soxr.resample(samples, rate, SAMPLE_RATE) for samples, rate in read]


def make(path: Path, hours: float) -> None:
    """Write the book, a sentence at a time."""
    rng, spoken, frames = np.random.default_rng(3), sentences(), 0
    with av.open(path, "w", format="mp4") as container:
        stream = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = 64_000
        cover = container.add_stream("png", width=64, height=64, pix_fmt="rgb24")
        cover.disposition = av.stream.Disposition.attached_pic
        container.set_chapters(chapters(hours))
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")
        container.mux(cover.encode(picture))
        while frames < hours * 3600 * SAMPLE_RATE:
            sentence = spoken[int(rng.integers(len(spoken)))] * np.float32(rng.uniform(0.5, 1))
            samples = np.pad(sentence, (0, int(rng.uniform(0.2, 1.2) * SAMPLE_RATE)))
            samples += ROOM * rng.standard_normal(len(samples), np.float32)
            frame = av.AudioFrame.from_ndarray(samples[np.newaxis], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = SAMPLE_RATE, frames
            frames += len(samples)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def chapters(hours: float) -> list[dict[str, object]]:
    """Name a chapter every half hour."""
    starts = range(0, int(hours * 3600), CHAPTER_S)
    return [
        {"id": number, "start": start, "end": start + CHAPTER_S, "time_base": Fraction(1),
         "metadata": {"title": f"Chapter {number}"}}
        for number, start in enumerate(starts, 1)
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=12)
    hours = parser.parse_args().hours
    book, out = HERE / "corpus" / f"audiobook-{hours:g}.m4b", HERE / "corpus" / "audiobook"
    book.parent.mkdir(exist_ok=True)
    if not book.exists():
        make(book.with_suffix(".part"), hours)
        book.with_suffix(".part").rename(book)
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "audiokit", "prep", str(book), str(out), "--jobs", "1", "--quiet"]
    cost = run(command, cores()[:1])
    totals = json.loads((out / "dataset.json").read_text(encoding="utf-8"))["totals"]
    print(f"{totals['duration_s']:.0f} s of audio, {totals['kept']} of {totals['clips']} clips kept")
    print(f"wall {cost.wall_s:.0f} s ({totals['duration_s'] / cost.wall_s:.0f} x real time), CPU {cost.cpu_s:.0f} s")
    print(f"peak memory {cost.peak_bytes / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
