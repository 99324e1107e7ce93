"""Make a podcast that knows where its words are: `python benchmarks/corpus.py MINUTES [OUT_STEM]`.

Writes OUT_STEM.mp3 (44.1 kHz stereo, 128 kbit/s) and OUT_STEM.json, its truth:

    {"duration_s": ..., "regions": [
        {"kind": "speech", "start_s", "end_s", "speaker", "text", "words": [[start_s, end_s], ...]},
        {"kind": "music" or "noise", "start_s", "end_s"}, ...]}

Four espeak-ng voices at different levels take turns. Pauses last 0.15 to 0.45 s inside a turn and 0.6 to 1.6 s between
turns; room noise drifts slowly around -62 dBFS; music opens the programme, comes again in the middle and closes it; now
and then somebody knocks or types between turns. The same seed gives the same file. Memory does not grow with length.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

import av
import numpy as np
import soxr
from espeak import Espeak, Samples, Voice
from sentences import sentence

CORPUS = Path(__file__).resolve().parent / "corpus"
SAMPLE_RATE = 44_100
VOICES = (
    Voice(name="en-us", words_per_minute=165, pitch=42, gain_db=-6.0),
    Voice(name="en-gb+f3", words_per_minute=172, pitch=62, gain_db=-12.0),
    Voice(name="en-us+m3", words_per_minute=158, pitch=36, gain_db=-9.0),
    Voice(name="en-gb-scotland+f2", words_per_minute=180, pitch=58, gain_db=-15.0),
)
SHARES = (6, 4, 1, 1)  # a host, a co-host, two guests
ROOM_DBFS, ROOM_DRIFT_DB, ROOM_PERIOD_S = -62.0, 3.0, 107.0
OPENING_S, BREAK_S, CLOSING_S = 20.0, 12.0, 15.0
CHORDS_HZ = ((220.0, 277.2, 329.6), (185.0, 220.0, 277.2), (146.8, 220.0, 293.7), (164.8, 207.7, 246.9))
BEAT_S = 0.6


class Programme:
    """The mp3 as it grows, and the truth about it."""

    def __init__(self, path: Path, seed: int) -> None:
        self._container = av.open(path, "w")
        self._stream = self._container.add_stream("libmp3lame", rate=SAMPLE_RATE, layout="stereo")
        self._stream.bit_rate = 128_000
        self._stream.options = {"compression_level": "7"}  # LAME at twice its usual speed
        self._rng = np.random.default_rng(seed)
        self._frames = 0
        self.regions: list[dict[str, Any]] = []

    @property
    def now_s(self) -> float:
        """How much there is."""
        return self._frames / SAMPLE_RATE

    def add(self, samples: Samples, **region: Any) -> None:
        """Append (frames, 2) on top of the room; `region` describes it in the truth."""
        start_s = self.now_s
        drift_db = ROOM_DRIFT_DB * np.sin(2 * np.pi * start_s / ROOM_PERIOD_S)
        room = self._rng.standard_normal(samples.shape, np.float32) * np.float32(10 ** ((ROOM_DBFS + drift_db) / 20))
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray((samples + room).T), format="fltp", layout="stereo")
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._frames
        self._container.mux(self._stream.encode(frame))
        self._frames += len(samples)
        if region:
            self.regions.append({"start_s": round(start_s, 4), "end_s": round(self.now_s, 4), **region})

    def pause(self, length_s: float) -> None:
        """Let the room be heard."""
        self.add(np.zeros((round(length_s * SAMPLE_RATE), 2), np.float32))

    def close(self) -> None:
        """Finish the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()


def music(length_s: float) -> Samples:
    """Play broken chords over a bass and a beat."""
    beats = []
    time_s = np.arange(round(BEAT_S * SAMPLE_RATE)) / SAMPLE_RATE
    for beat in range(round(length_s / BEAT_S)):
        chord = CHORDS_HZ[beat // 4 % len(CHORDS_HZ)]
        tones_hz = (chord[beat % 3], 2 * chord[(beat + 1) % 3], chord[0] / 2)
        harmony = sum(np.sin(2 * np.pi * n * tone_hz * time_s) / n for tone_hz in tones_hz for n in (1, 2, 3, 4))
        drum = np.sin(2 * np.pi * 60 * time_s) * np.exp(-15 * time_s)
        beats.append(0.05 * harmony * np.exp(-2 * time_s) + 0.2 * drum)
    return np.concatenate(beats).astype(np.float32)[:, np.newaxis] * np.array([1.0, 0.8], np.float32)


def knock(rng: random.Random) -> Samples:
    """Knock on a door two to four times."""
    time_s = np.arange(round(0.22 * SAMPLE_RATE)) / SAMPLE_RATE
    thump = np.sin(2 * np.pi * rng.uniform(110, 180) * time_s) * np.exp(-35 * time_s)
    return (np.tile(thump, rng.randint(2, 4))[:, np.newaxis] * np.array([0.12, 0.1])).astype(np.float32)


def typing(rng: random.Random) -> Samples:
    """Press six to fourteen keys."""
    clicks = np.random.default_rng(rng.randrange(2**32))
    keys = []
    for _ in range(rng.randint(6, 14)):
        time_s = np.arange(round(rng.uniform(0.08, 0.2) * SAMPLE_RATE)) / SAMPLE_RATE
        keys.append(clicks.standard_normal(len(time_s)) * np.exp(-220 * time_s) * rng.uniform(0.02, 0.06))
    return (np.concatenate(keys)[:, np.newaxis] * np.array([0.8, 1.0])).astype(np.float32)


def take_turn(programme: Programme, espeak: Espeak, rng: random.Random) -> None:
    """Let one speaker say one to six sentences."""
    speaker = rng.choices(range(len(VOICES)), SHARES)[0]
    for number in range(rng.randint(1, 6)):
        if number:
            programme.pause(rng.uniform(0.15, 0.45))
        text = sentence(rng)
        utterance = espeak.say(text, VOICES[speaker])
        mono = soxr.resample(utterance.samples, espeak.sample_rate, SAMPLE_RATE)
        gain = np.float32(10 ** (VOICES[speaker].gain_db / 20))
        words = [[round(programme.now_s + edge_s, 4) for edge_s in word] for word in utterance.words]
        stereo = mono[:, np.newaxis] * np.array([1.0, 0.92], np.float32) * gain
        programme.add(stereo, kind="speech", speaker=speaker, text=text, words=words)


def between_turns(programme: Programme, rng: random.Random) -> None:
    """Pause, now and then with a disturbance."""
    programme.pause(rng.uniform(0.6, 1.6))
    disturbance = rng.choices((None, knock, typing), (8, 1, 1))[0]
    if disturbance is not None:
        programme.add(disturbance(rng), kind="noise")
        programme.pause(rng.uniform(0.6, 1.0))


def make(minutes: float, stem: Path, seed: int = 7) -> None:
    """Write `stem`.mp3 and `stem`.json."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    total_s = minutes * 60
    part = stem.with_suffix(".part.mp3")
    rng = random.Random(seed)
    espeak = Espeak()
    programme = Programme(part, seed)
    programme.add(music(OPENING_S), kind="music")
    programme.pause(0.8)
    had_break = False
    while programme.now_s < total_s - CLOSING_S:
        take_turn(programme, espeak, rng)
        between_turns(programme, rng)
        if not had_break and programme.now_s >= total_s / 2:
            had_break = True
            programme.add(music(BREAK_S), kind="music")
            programme.pause(0.8)
    programme.add(music(CLOSING_S), kind="music")
    programme.close()
    truth = {"seed": seed, "sample_rate": SAMPLE_RATE, "duration_s": programme.now_s, "regions": programme.regions}
    stem.with_suffix(".json").write_text(json.dumps(truth) + "\n", "utf-8")
    part.replace(stem.with_suffix(".mp3"))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("minutes", type=float)
    parser.add_argument("stem", type=Path, nargs="?", help="default: benchmarks/corpus/podcast-MINUTES")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    make(chosen.minutes, chosen.stem or CORPUS / f"podcast-{chosen.minutes:g}", chosen.seed)


if __name__ == "__main__":
    main()
