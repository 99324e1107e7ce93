"""The peers, each used as its documentation shows: `python benchmarks/tools.py NAME FILE OUT`.

Every one cuts FILE into wav files under OUT and notes their places in OUT/segments.json: [[start_s, end_s], ...].
Silence is what lies under -40 dBFS (librosa: 40 dB under the peak; auditok: 50 dB on its own scale).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

SAMPLE_RATE = 22_050


def pydub(source: str, out: Path, seek_step_ms: int = 1) -> list[tuple[float, float]]:
    """Mono, 22 kHz, normalize, split_on_silence, export."""
    from pydub import AudioSegment
    from pydub.effects import normalize
    from pydub.silence import split_on_silence

    audio = normalize(AudioSegment.from_file(source).set_channels(1).set_frame_rate(SAMPLE_RATE))
    clips = split_on_silence(audio, min_silence_len=500, silence_thresh=-40, keep_silence=200, seek_step=seek_step_ms)
    segments, at = [], 0
    for number, clip in enumerate(clips):
        clip.export(out / f"{number:05d}.wav", format="wav")
        # split_on_silence does not tell where a clip lies. Clips come in order and do not overlap; the last one may be
        # filled up with zeros, so its first half is looked for.
        at = audio.raw_data.index(clip.raw_data[: len(clip.raw_data) // 4 * 2], at)
        segments.append((at / 2 / SAMPLE_RATE, (at + len(clip.raw_data)) / 2 / SAMPLE_RATE))
        at += len(clip.raw_data)
    return segments


def pydub_step10(source: str, out: Path) -> list[tuple[float, float]]:
    """Look at every tenth millisecond only."""
    return pydub(source, out, seek_step_ms=10)


def librosa(source: str, out: Path) -> list[tuple[float, float]]:
    """Load, effects.split, write."""
    import soundfile
    from librosa import load
    from librosa.effects import split

    samples, sample_rate = load(source, sr=SAMPLE_RATE)
    spans = split(samples, top_db=40).tolist()
    for number, (start, end) in enumerate(spans):
        soundfile.write(out / f"{number:05d}.wav", samples[start:end], SAMPLE_RATE)
    return [(start / sample_rate, end / sample_rate) for start, end in spans]


def auditok(source: str, out: Path) -> list[tuple[float, float]]:
    """Split and save."""
    from auditok import split

    segments = []
    for number, region in enumerate(split(source, min_dur=0.5, max_dur=15, max_silence=0.3, energy_threshold=50)):
        region.save(out / f"{number:05d}.wav")
        segments.append((region.start, region.end))
    return segments


def ffmpeg(source: str, out: Path) -> list[tuple[float, float]]:
    """Cut in the middle of what silencedetect finds; nothing is left out."""
    detect = ["ffmpeg", "-hide_banner", "-nostats", "-i", source, "-af", "silencedetect=n=-40dB:d=0.5"]
    found = subprocess.run([*detect, "-f", "null", "-"], capture_output=True, text=True, check=True).stderr
    starts, ends = (list(map(float, re.findall(rf"silence_{edge}: ([\d.]+)", found))) for edge in ("start", "end"))
    hours, minutes, seconds = map(float, re.findall(r"Duration: (\d+):(\d+):([\d.]+)", found)[0])
    cuts = [(start + end) / 2 for start, end in zip(starts, ends, strict=False)]
    split = ["-f", "segment", "-segment_times", ",".join(f"{cut_s:.3f}" for cut_s in cuts), str(out / "%05d.wav")]
    rate = ["-ac", "1", "-ar", str(SAMPLE_RATE)]
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, *rate, *split], check=True)
    edges = [0.0, *cuts, 3600 * hours + 60 * minutes + seconds]
    return list(pairwise(edges))


PEERS: dict[str, Callable[[str, Path], Sequence[tuple[float, float]]]] = {
    "pydub": pydub,
    "pydub-step10": pydub_step10,
    "librosa": librosa,
    "auditok": auditok,
    "ffmpeg": ffmpeg,
}


def main() -> None:
    """Run one peer."""
    name, source, out = sys.argv[1:]
    Path(out).mkdir(parents=True)
    segments = PEERS[name](source, Path(out))
    (Path(out) / "segments.json").write_text(json.dumps(segments), "utf-8")


if __name__ == "__main__":
    main()
