"""Make the sample podcast: `python samples/make_podcast.py` writes samples/podcast/ and samples/podcast.truth.json.

Two voices: five public-domain LibriVox utterances (the reader) and a synthetic co-host. Music and room noise are
computed here. The result is committed, so only who changes it needs `pip install hibari-tts==0.2.1`. LICENSE.md
beside this file names every source.
"""

from __future__ import annotations

import json
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfiltfilt
from score import RECORDINGS, Chapter, Host, Music, Pause, Reader, Recording

Samples = NDArray[np.float32]

HERE = Path(__file__).resolve().parent
PODCAST = HERE / "podcast"
TRUTH = HERE / "podcast.truth.json"
WORK_RATE = 48_000

# Where each utterance's first word starts and its last word ends, read off its spectrogram (50 Hz rumble removed).
READER_SPEECH_S = {
    "0870": (0.24, 6.82),
    "0880": (0.24, 2.79),
    "0890": (0.24, 5.07),
    "0920": (0.24, 5.81),
    "0930": (0.24, 3.01),
}
READER_LEAD_S, READER_TAIL_S = 0.06, 0.10  # short enough to leave the breaths of neighbouring sentences out
HOST_KEPT_ABOVE = 1e-3  # the synthetic voice falls to digital silence on both sides
HOST_SPEECH_ABOVE = 5e-3  # what comes before is lost in the room noise
BEAT_S = 0.5
CHORDS_HZ = ((261.6, 329.6, 392.0), (220.0, 261.6, 329.6), (174.6, 220.0, 261.6), (196.0, 246.9, 293.7))
INTERRUPTED = "interrupted upload.m4a"
SHOW_NOTES = "show notes.mp3"
SHOW_NOTES_TEXT = "Show notes, saved under the wrong name.\n\n00:00 Welcome\n00:12 Five lines from an old novel\n"


class Voices:
    """Both speakers: mono samples (frames, 1) at WORK_RATE, with where speech starts and ends inside them."""

    def __init__(self) -> None:
        from hibari import Hibari

        self._host = Hibari()
        lines = (HERE / "librivox" / "transcription.txt").read_text("utf-8").splitlines()
        self._reader_texts = {line[-5:-1]: line.split("</s>")[0].removeprefix("<s>").strip() for line in lines}

    def speak(self, part: Reader | Host) -> tuple[Samples, dict[str, Any]]:
        """Give one utterance and the truth about it."""
        if isinstance(part, Reader):
            samples, start_s, end_s = self._read(part.utterance)
            speaker, text = "reader", self._reader_texts[part.utterance]
        else:
            samples, start_s, end_s = self._say(part.text)
            speaker, text = "host", part.text
        return samples, {"start_s": start_s, "end_s": end_s, "speaker": speaker, "text": text}

    def _read(self, utterance: str) -> tuple[Samples, float, float]:
        path = next((HERE / "librivox").glob(f"*-{utterance}.wav"))
        samples, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
        start_s, end_s = READER_SPEECH_S[utterance]
        first, last = (round(edge * sample_rate) for edge in (start_s - READER_LEAD_S, end_s + READER_TAIL_S))
        clean = sosfiltfilt(butter(2, 70, "highpass", fs=sample_rate, output="sos"), samples, axis=0)[first:last]
        samples = soxr.resample(clean.astype(np.float32), sample_rate, WORK_RATE)
        return faded(samples, 0.03, 0.03), READER_LEAD_S, READER_LEAD_S + end_s - start_s

    def _say(self, text: str) -> tuple[Samples, float, float]:
        samples = soxr.resample(self._host(text, seed=0)[:, np.newaxis], 24_000, WORK_RATE)
        kept = np.flatnonzero(np.abs(samples) > HOST_KEPT_ABOVE)
        samples = samples[kept[0] : kept[-1] + 1]
        speech = np.flatnonzero(np.abs(samples) > HOST_SPEECH_ABOVE)
        return faded(samples, 0.002, 0.002), speech[0] / WORK_RATE, speech[-1] / WORK_RATE


def faded(samples: Samples, fade_in_s: float, fade_out_s: float) -> Samples:
    """Ramp both ends of (frames, channels)."""
    rise, fall = (np.linspace(0, 1, round(fade_s * WORK_RATE))[:, np.newaxis] for fade_s in (fade_in_s, fade_out_s))
    shaped = samples.copy()
    shaped[: len(rise)] *= rise
    shaped[-len(fall) :] *= fall[::-1]
    return shaped


def jingle(music: Music, rng: np.random.Generator) -> Samples:
    """Play plucked chords, a bass, a kick and a hat: stereo."""
    frames = round(music.length_s * WORK_RATE)
    mixed = np.zeros((frames + 2 * WORK_RATE, 2), np.float32)
    time_s = np.arange(WORK_RATE) / WORK_RATE
    decay = np.exp(-5 * time_s)
    for beat in range(int(music.length_s / BEAT_S)):
        start = round(beat * BEAT_S * WORK_RATE)
        chord = CHORDS_HZ[beat // 4 % len(CHORDS_HZ)]
        plucked = sum(np.sin(2 * np.pi * tone_hz * n * time_s) / n**2 for tone_hz in chord for n in (1, 2, 3)) * decay
        bass = np.sin(np.pi * chord[0] * time_s) * decay
        kick = np.sin(2 * np.pi * 55 * time_s * (1 + 0.5 * np.exp(-40 * time_s))) * np.exp(-18 * time_s)
        hat = rng.standard_normal(len(time_s)) * np.exp(-60 * time_s)
        centre = 0.08 * bass + 0.2 * kick * (beat % 2 == 0)
        mixed[start : start + len(time_s), 0] += centre + 0.06 * plucked + 0.01 * hat
        mixed[start : start + len(time_s), 1] += centre + 0.05 * plucked + 0.02 * hat
    return faded(mixed[:frames], 0.005, music.fade_s)


def room(recording: Recording, frames: int, rng: np.random.Generator) -> Samples:
    """Make the noise that lies under a whole recording: dull hiss and mains hum."""
    hiss = lfilter([0.2], [1, -0.8], rng.standard_normal((frames, 2)), axis=0)
    hiss *= 10 ** (recording.room_dbfs / 20) / hiss.std()
    hum = np.sin(2 * np.pi * 50 * np.arange(frames) / WORK_RATE) * 10 ** (recording.hum_dbfs / 20)
    return (hiss + hum[:, np.newaxis]).astype(np.float32)


def render(recording: Recording, voices: Voices, rng: np.random.Generator) -> tuple[Samples, dict[str, Any]]:
    """Join the parts: stereo at WORK_RATE, and the truth about them."""
    pieces = [np.zeros((0, 2), np.float32)]
    truth: dict[str, Any] = {"speech": [], "music": [], "chapters": []}
    for part in recording.parts:
        now_s = sum(map(len, pieces)) / WORK_RATE
        if isinstance(part, Chapter):
            truth["chapters"].append({"start_s": round(now_s, 3), "title": part.title})
        elif isinstance(part, Pause):
            pieces.append(np.zeros((round(part.length_s * WORK_RATE), 2), np.float32))
        elif isinstance(part, Music):
            pieces.append(jingle(part, rng))
            truth["music"].append({"start_s": round(now_s, 3), "end_s": round(now_s + part.length_s, 3)})
        else:
            spoken, region = voices.speak(part)
            pieces.append(spoken * panned(part, recording))
            edges = {edge: round(now_s + region[edge], 3) for edge in ("start_s", "end_s")}
            truth["speech"].append(region | edges)
    samples = np.concatenate(pieces)
    return samples + room(recording, len(samples), rng), truth


def panned(part: Reader | Host, recording: Recording) -> Samples:
    """Give the gains, left and right, that set each speaker's level and a little to one side."""
    is_reader = isinstance(part, Reader)
    gain_db = recording.reader_gain_db if is_reader else recording.host_gain_db
    return np.array((1.0, 0.9) if is_reader else (0.9, 1.0), np.float32) * np.float32(10 ** (gain_db / 20))


def write(recording: Recording, samples: Samples, chapters: list[dict[str, Any]]) -> None:
    """Write one file with its tags, and chapters and cover if it has them."""
    path = PODCAST / recording.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if recording.channels == 1:
        samples = samples @ np.full((2, 1), 0.5, np.float32)
    samples = soxr.resample(samples, WORK_RATE, recording.sample_rate)
    if recording.codec == "pcm_s24le":
        soundfile.write(path, samples, recording.sample_rate, subtype="PCM_24")
        return
    # FFmpeg's plain m4a muxer refuses pictures; its mp4 muxer takes them.
    muxer = "mp4" if recording.has_cover else None
    with av.open(path, "w", format=muxer, options={"fflags": "+bitexact"}) as container:
        container.metadata.update(title=recording.title, artist="The quiet room", genre="Podcast")
        mark_chapters(container, chapters, len(samples) / recording.sample_rate)
        layout = "mono" if recording.channels == 1 else "stereo"
        stream = container.add_stream(recording.codec, rate=recording.sample_rate, layout=layout)
        stream.bit_rate = recording.bit_rate
        if recording.has_cover:
            attach_cover(container)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout=layout)
        frame.sample_rate = recording.sample_rate
        frame.pts = 0  # without it the encoder's delay is not written to the header and players do not cut it
        container.mux([*stream.encode(frame), *stream.encode(None)])


def mark_chapters(container: av.container.OutputContainer, chapters: list[dict[str, Any]], end_s: float) -> None:
    """Write chapter marks, each lasting until the next."""
    edges_ms = [round(1000 * edge_s) for edge_s in (*(chapter["start_s"] for chapter in chapters), end_s)]
    marks = [
        {"id": n, "start": start, "end": end, "time_base": Fraction(1, 1000), "metadata": {"title": chapter["title"]}}
        for n, (chapter, start, end) in enumerate(zip(chapters, edges_ms, edges_ms[1:], strict=False), 1)
    ]
    container.set_chapters(marks)


def attach_cover(container: av.container.OutputContainer) -> None:
    """Attach a small picture, as podcast files carry one: a video stream that must not disturb anybody."""
    across, down = np.meshgrid(np.arange(160), np.arange(160))
    rings = (np.hypot(across - 80, down - 80) // 16 % 2 * 90 + 90).astype(np.uint8)
    stream = container.add_stream("png", width=160, height=160, pix_fmt="rgb24")
    stream.disposition = av.stream.Disposition.attached_pic
    frame = av.VideoFrame.from_ndarray(np.dstack([rings, rings, np.full_like(rings, 160)]), format="rgb24")
    container.mux([*stream.encode(frame), *stream.encode(None)])


def main() -> None:
    """Write everything anew."""
    shutil.rmtree(PODCAST, ignore_errors=True)
    voices = Voices()
    files: dict[str, Any] = {}
    for seed, recording in enumerate(RECORDINGS):
        samples, truth = render(recording, voices, np.random.default_rng(seed))
        write(recording, samples, truth["chapters"])
        header = {"duration_s": round(len(samples) / WORK_RATE, 3), "sample_rate": recording.sample_rate}
        files[recording.path] = header | {"channels": recording.channels} | truth
    whole = (PODCAST / "episode 2.m4a").read_bytes()
    (PODCAST / INTERRUPTED).write_bytes(whole[: len(whole) // 8])
    (PODCAST / SHOW_NOTES).write_text(SHOW_NOTES_TEXT, "utf-8")
    files[INTERRUPTED] = {"fails_because": "truncated"}
    files[SHOW_NOTES] = {"fails_because": "not audio"}
    for path, facts in files.items():
        facts["size_bytes"] = (PODCAST / path).stat().st_size
    TRUTH.write_text(json.dumps({"files": files}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
