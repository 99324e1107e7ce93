"""Material without a recording: clips of tones, and an encoder that reads the voice off a clip's pitch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from audiokit.audio.buffer import Audio
from audiokit.audio.files import write
from audiokit.cloning.material import Candidate, Material
from audiokit.contracts import Embedding, SampleRequirements, Voice

RATE = 16_000
REQUIREMENTS = SampleRequirements(
    min_total_s=10, ideal_total_s=30, max_total_s=60, max_files=3, max_bytes=10_000_000, formats=("wav", "flac", "mp3")
)


class PitchEncoder:
    """Voices are tones: 100 Hz is one direction, 200 Hz another at a right angle."""

    threshold = 0.74

    def embed(self, audio: Audio) -> Embedding:
        spectrum = np.abs(np.fft.rfft(audio.samples[:, 0]))
        pitch_hz = float(spectrum.argmax()) / audio.duration_s
        angle = (pitch_hz - 100) / 100 * np.pi / 2
        return np.array([np.cos(angle), np.sin(angle)], np.float32)

    def embed_all(self, sounds: Sequence[Audio]) -> list[Embedding]:
        return [self.embed(audio) for audio in sounds]


class Cloner:
    """A provider that keeps what it is given."""

    requirements = REQUIREMENTS

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.told: dict[str, object] = {}

    def clone(
        self,
        samples: Sequence[Path],
        *,
        name: str,
        description: str = "",
        language: str = "",
        labels: MappingProxyType[str, str] | dict[str, str] = MappingProxyType({}),
    ) -> Voice:
        self.heard = [(path.name, path.read_bytes()) for path in samples]
        self.told = {"name": name, "description": description, "language": language, "labels": labels}
        return Voice(name="theirs", provider="theirs", voice_id="v-1", language=language, labels=labels)


def material(folder: Path, clips: Sequence[tuple[float, float, float]], *, level_dbfs: float = -17.0) -> Material:
    """Make clips of (pitch_hz, duration_s, quality), one after the other in one recording."""
    candidates, start_s = [], 0.0
    for number, (pitch_hz, duration_s, quality) in enumerate(clips):
        path = folder / f"{number:03}.wav"
        write(path, tone(pitch_hz, duration_s, level_dbfs))
        candidates.append(
            Candidate(
                path=path, recording="talk.wav", start_s=start_s, duration_s=duration_s, quality=quality, snr_db=40.0
            )
        )
        start_s += duration_s
    return Material(candidates=tuple(candidates), where="talk.wav")


def tone(pitch_hz: float, duration_s: float, level_dbfs: float = -17.0) -> Audio:
    """A sine; its RMS is 3 dB below the level of its peak."""
    time_s = np.arange(round(duration_s * RATE)) / RATE
    wave = 10 ** (level_dbfs / 20) * np.sin(2 * np.pi * pitch_hz * time_s)
    return Audio(wave.astype(np.float32), RATE)
