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

SAMPLE_RATE = 16_000
CHARACTERS_PER_S = 10.0  # how fast this voice speaks
CHUNK_S = 0.02


class EchoClone:
    """Keeps the samples in a folder of the voice.

    Parameters
    ----------
    least_s : least speech it takes, in seconds; in the shell `--set least_s=5`.
    """

    def __init__(self, least_s: float = 5.0) -> None:
        self.requirements = SampleRequirements(
            min_total_s=least_s,
            ideal_total_s=20.0,
            max_total_s=60.0,
            max_files=4,
            max_bytes=5_000_000,
            formats=("flac", "wav"),
            sample_rate=SAMPLE_RATE,
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
        """Make a voice of samples that audiokit has chosen, levelled and encoded as `requirements` ask."""
        folder = config.home() / "echo" / name
        shutil.rmtree(folder, ignore_errors=True)  # left by a clone that was interrupted
        folder.mkdir(parents=True)
        for sample in samples:
            shutil.copy(sample, folder)
        return Voice(
            name=name, provider="echo", voice_id=name, folder=folder,
            description=description, language=language, labels=labels or {},
        )  # fmt: skip


class EchoTTS:
    """Speaks with such a voice, a second for every ten characters.

    Parameters
    ----------
    gain : what its samples are multiplied by; in the shell `--set gain=0.5`.
    """

    sample_rate = SAMPLE_RATE
    encoding = "pcm_s16le"

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain
        # Part of the speech cache's key: all that changes the sound, and nothing else.
        self.settings_key = json.dumps({"gain": gain})

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Give the speech a chunk at a time, each as soon as it is there."""
        if not text.strip():
            raise ProviderError("the text is empty; expected something to say", provider="echo")
        if voice is None or voice.folder is None:
            raise ProviderError(
                "echo speaks only with a voice it has cloned. Make one with: audiokit clone --provider echo",
                provider="echo",
            )
        sample = read(min(voice.folder.iterdir())).resample(SAMPLE_RATE)
        wanted = round(len(text) / CHARACTERS_PER_S * SAMPLE_RATE)
        step = round(CHUNK_S * SAMPLE_RATE)
        for start in range(0, min(wanted, sample.frames), step):
            yield SpeechChunk(self.gain * sample.samples[start : start + step], SAMPLE_RATE)
