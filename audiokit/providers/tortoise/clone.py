"""`TortoiseClone`: a voice in Tortoise's own layout, on this machine; nothing leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from audiokit.contracts import SampleRequirements, Voice
from audiokit.progress import SILENT, Progress
from audiokit.providers.coqui.engine import checked_device, open_engine
from audiokit.providers.coqui.voice_folder import VoiceFolder, make_voice_folder
from audiokit.providers.tortoise.latents import REFERENCE_RATE, kept_latents
from audiokit.providers.tortoise.speech import find_tortoise

CLIP_S = 10.0  # Tortoise: "cut your clips into ~10 second segments"
NO_LABELS: Mapping[str, str] = MappingProxyType({})


class TortoiseClone:
    """Clones voices with Tortoise, which is not trained: it hears a few clips.

    The voice's folder is one of Tortoise's own: clips of 10 s, float WAV, 22,050 Hz, which tortoise-tts itself takes
    with `load_voice(NAME, extra_voice_dirs=[...])`.

    Parameters
    ----------
    model, device, progress : see `TortoiseTTS`.

    Raises
    ------
    ConfigError : no such model.
    MissingDependencyError : coqui-tts is not installed.
    ProviderUnavailable : the model cannot be downloaded.
    """

    requirements = SampleRequirements(
        min_total_s=6.0,
        ideal_total_s=50.0,  # Tortoise: at least 3 clips of 10 s; its author tried up to 5
        max_total_s=300.0,
        max_files=30,
        max_bytes=200_000_000,
        formats=("wav", "flac", "mp3", "m4a", "ogg", "opus"),
        sample_rate=24_000,
    )

    def __init__(self, model: str = "", *, device: str = "auto", progress: Progress = SILENT) -> None:
        self._files = find_tortoise(model, progress)
        self._device = device

    def clone(
        self,
        samples: Sequence[Path],
        *,
        name: str,
        description: str = "",
        language: str = "",
        labels: Mapping[str, str] = NO_LABELS,
    ) -> Voice:
        """Make a voice: a folder in `voices` of audiokit's home, with the clips and what the model made of them.

        Parameters
        ----------
        samples : files that meet `requirements`; consent was asked for by the caller.
        name, description, labels : for people.
        language : ISO 639-1 code; Tortoise itself speaks English only.

        Raises
        ------
        ConfigError : the model does not load, or no such device.
        SampleError, AudioFileError : no recordings, or one that cannot be read.
        ProviderError : the model failed.
        """
        engine = open_engine(self._files, checked_device(self._device))

        def listen(folder: VoiceFolder) -> None:
            with engine.alone(seed=0):
                kept_latents(folder, engine)

        facts = {
            "name": name, "provider": "tortoise", "model": self._files.name, "language": language,
            "description": description, "labels": dict(labels), "made": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        folder = make_voice_folder(
            name, samples, sample_rate=REFERENCE_RATE, facts=facts, finish=listen, longest_s=CLIP_S
        )
        return Voice(
            name=name,
            provider="tortoise",
            voice_id=folder.path.name,
            model=self._files.name,
            language=language,
            description=description,
            labels=MappingProxyType(dict(labels)),
            folder=folder.path,
        )
