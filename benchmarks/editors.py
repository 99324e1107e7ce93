"""Editing with the peers, as their documentation shows: `python benchmarks/editors.py TOOL OPERATION FILE OUT`.

OUT is a file, or for "split" a folder. All but "mp3" write 16-bit wav, so that no encoder hides what an operation
costs.
"""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

PEAK_DBFS = -0.1
THRESHOLD_DBFS, RATIO, ATTACK_S, RELEASE_S = -20.0, 4.0, 0.005, 0.05
FADE_IN_S, FADE_OUT_S = 1.0, 2.0
SILENCE_DBFS, SILENCE_S, KEEP_S = -40.0, 0.5, 0.2
BITRATE = "192k"

COMPRESS = f"threshold={THRESHOLD_DBFS},ratio={RATIO},attack={ATTACK_S},release={RELEASE_S},knee=0"
AUDIOKIT = {
    "normalize": ["--normalize", f"{PEAK_DBFS}dBFS"],
    "compress": ["--compress", COMPRESS],
    "fade": ["--fade-in", f"{FADE_IN_S}", "--fade-out", f"{FADE_OUT_S}"],
    "split": ["--silence", f"{SILENCE_DBFS}", "--min-silence", f"{SILENCE_S}", "--keep", f"{KEEP_S}"],
    "mp3": ["--bitrate", BITRATE],
}
"""What follows `audiokit edit FILE OUT`, or `audiokit split FILE OUT`."""


def pydub(operation: str, source: str, out: Path) -> None:
    """Hold the whole file, change it, export it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydub import AudioSegment, effects, silence
    audio = AudioSegment.from_file(source)
    if operation == "split":
        clips = silence.split_on_silence(audio, int(SILENCE_S * 1000), SILENCE_DBFS, int(KEEP_S * 1000))
        out.mkdir()
        for number, clip in enumerate(clips):
            clip.export(out / f"{number:05d}.wav", format="wav")
    elif operation == "mp3":
        audio.export(out, format="mp3", bitrate=BITRATE)
    else:
        changed = {
            "normalize": lambda: effects.normalize(audio, headroom=-PEAK_DBFS),
            "compress": lambda: effects.compress_dynamic_range(
                audio, THRESHOLD_DBFS, RATIO, attack=ATTACK_S * 1000, release=RELEASE_S * 1000
            ),
            "fade": lambda: audio.fade_in(int(FADE_IN_S * 1000)).fade_out(int(FADE_OUT_S * 1000)),
        }[operation]()
        changed.export(out, format="wav")


def ffmpeg(operation: str, source: str, out: Path) -> None:
    """Stream through filters; what must be known before is found in a pass of its own."""
    write = ["ffmpeg", "-v", "error", "-y", "-i", source]
    if operation == "split":
        said = _ffmpeg_says(source, f"silencedetect=n={SILENCE_DBFS}dB:d={SILENCE_S}")
        starts, ends = (map(float, re.findall(rf"silence_{edge}: ([\d.]+)", said)) for edge in ("start", "end"))
        times = ",".join(f"{(start + end) / 2:.3f}" for start, end in zip(starts, ends, strict=False))
        out.mkdir()
        subprocess.run([*write, "-f", "segment", "-segment_times", times, str(out / "%05d.wav")], check=True)
        return
    options = {
        "normalize": lambda: ["-af", f"volume={PEAK_DBFS - _peak_dbfs(source)}dB"],
        "compress": lambda: ["-af", _ffmpeg_compressor()],
        "fade": lambda: ["-af", f"afade=d={FADE_IN_S},afade=out:d={FADE_OUT_S}:st={_duration_s(source) - FADE_OUT_S}"],
        "mp3": lambda: ["-b:a", BITRATE],
    }[operation]()
    subprocess.run([*write, *options, str(out)], check=True)


def sox(operation: str, source: str, out: Path) -> None:
    """Stream through effects; normalizing goes through a temporary file of sox's own."""
    before = {"normalize": [f"--norm={PEAK_DBFS}"]}.get(operation, [])
    target = ["-C", BITRATE.removesuffix("k"), str(out)] if operation == "mp3" else [str(out)]
    if operation == "split":
        out.mkdir()
        target = [str(out / "clip.wav")]
    silence = ["silence", "1", "0.05", f"{SILENCE_DBFS}d", "1", f"{SILENCE_S}", f"{SILENCE_DBFS}d"]
    effects = {
        "compress": ["compand", f"{ATTACK_S},{RELEASE_S}", f"{THRESHOLD_DBFS},{THRESHOLD_DBFS},0,-15"],
        "fade": ["fade", "t", f"{FADE_IN_S}", "-0", f"{FADE_OUT_S}"],
        "split": [*silence, ":", "newfile", ":", "restart"],
    }.get(operation, [])
    subprocess.run(["sox", *before, source, *target, *effects], check=True)


def _ffmpeg_says(source: str, audio_filter: str) -> str:
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", source, "-af", audio_filter, "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def _ffmpeg_compressor() -> str:
    levels = f"threshold={10 ** (THRESHOLD_DBFS / 20)}:ratio={RATIO}"
    return f"acompressor={levels}:attack={ATTACK_S * 1000}:release={RELEASE_S * 1000}:knee=1"


def _peak_dbfs(source: str) -> float:
    return float(re.findall(r"max_volume: (-?[\d.]+) dB", _ffmpeg_says(source, "volumedetect"))[0])


def _duration_s(source: str) -> float:
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", source]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


EDITORS: dict[str, Callable[[str, str, Path], None]] = {"pydub": pydub, "ffmpeg": ffmpeg, "sox": sox}


def main() -> None:
    """Run one operation of one peer."""
    tool, operation, source, out = sys.argv[1:]
    EDITORS[tool](operation, source, Path(out))


if __name__ == "__main__":
    main()
