"""Speech detection over a whole recording: Silero one window at a time against the batched reader.

`python benchmarks/vad.py RECORDING OUT.json`, which `prep.py --vad` runs on one core.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr

SAME_S = 0.032  # one window


def compare(recording: str) -> list[list[str]]:
    """Time both on `recording` and say how far their results lie apart: rows of a table."""
    from audiokit.analysis.activity import SileroVAD, speech_regions
    from audiokit.analysis.silero import SAMPLE_RATE, WINDOW, SpeechReader
    from audiokit.audio.chunk import AudioChunk

    stereo, sample_rate = soundfile.read(recording, dtype="float32", always_2d=True)
    samples = soxr.resample(stereo.mean(axis=1, keepdims=True), sample_rate, SAMPLE_RATE)
    samples = samples[: len(samples) // WINDOW * WINDOW]
    duration_s = len(samples) / SAMPLE_RATE

    live = SileroVAD()
    started_s = time.process_time()
    chunks = (AudioChunk(samples[at : at + WINDOW], SAMPLE_RATE) for at in range(0, len(samples), WINDOW))
    one_by_one = np.array([live.speech_probability(chunk) for chunk in chunks], np.float32)
    live_s = time.process_time() - started_s

    reader = SpeechReader()
    started_s = time.process_time()
    reader.push(samples)
    batched = reader.finish()
    batched_s = time.process_time() - started_s

    window_s = WINDOW / SAMPLE_RATE
    ours, plain = (
        np.array([(region.start_s, region.end_s) for region in speech_regions(probabilities, window_s)])
        for probabilities in (batched, one_by_one)
    )
    same = len(ours) == len(plain) and bool((np.abs(ours - plain) <= SAME_S).all())
    agreement = f"{np.abs(batched - one_by_one).max():.0e}"
    regions = f"the same {len(plain)}" if same else f"{len(ours)} against {len(plain)}"
    return [
        ["one window at a time", f"{duration_s / live_s:.0f}", "", f"{len(plain)}"],
        ["batched reader", f"{duration_s / batched_s:.0f}", agreement, regions],
    ]


def main() -> None:
    """Read the command line."""
    recording, out = sys.argv[1:]
    Path(out).write_text(json.dumps(compare(recording)), "utf-8")


if __name__ == "__main__":
    main()
