"""A plug-in for audiokit: a "voice" that says every text by playing its first sample.

A real one would compute here, or call a service. What audiokit expects stands in `audiokit.contracts`: CloneProvider
and TTS.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from audiokit import config
from audiokit.audio.files import read
from audiokit.contracts import SampleRequirements, SpeechChunk, Voice
from audiokit.errors import ProviderError

RATE = 16_000


class EchoClone:
    """Keeps the samples in a folder of the voice.

    Parameters
    ----------
    least_s : least speech it takes, in seconds; `--set least_s=5`.
    """

    def __init__(self, least_s: float = 5.0) -> None:
        self.requirements = SampleRequirements(
            min_total_s=least_s,
            ideal_total_s=20.0,
            max_total_s=60.0,
            max_files=4,
            max_bytes=5_000_000,
            formats=("flac", "wav"),
            sample_rate=RATE,
        )

    def clone(
        self,
        samples: Sequence[Path],
        *,
        name: str,
        description: str = "",
        language: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Voice:
        folder = config.home() / "echo" / name
        folder.mkdir(parents=True)
        for sample in samples:
            shutil.copy(sample, folder)
        return Voice(
            name=name, provider="echo", voice_id=name, folder=folder,
            description=description, language=language, labels=labels or {},
        )  # fmt: skip


class EchoTTS:
    """Speaks with such a voice, a second for every ten characters."""

    sample_rate = RATE
    encoding = "pcm_s16le"
    settings_key = json.dumps({"echo": 1})

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        if voice is None or voice.folder is None:
            raise ProviderError("echo speaks only with a voice it has cloned", provider="echo")
        sample = read(min(voice.folder.iterdir())).resample(RATE)
        frames = round(len(text) / 10 * RATE)
        for start in range(0, min(frames, sample.frames), RATE // 50):
            yield SpeechChunk(sample.samples[start : start + RATE // 50], RATE)
