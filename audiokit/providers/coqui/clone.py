"""`CoquiClone`: a voice from recordings, on this machine; nothing leaves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from audiokit.contracts import SampleRequirements, Voice
from audiokit.errors import ConfigError
from audiokit.progress import SILENT, Progress
from audiokit.providers.coqui import other
from audiokit.providers.coqui.engine import checked_device, open_engine
from audiokit.providers.coqui.files import find_model
from audiokit.providers.coqui.latents import REFERENCE_RATE, kept_latents
from audiokit.providers.coqui.speech import DEFAULT_MODEL
from audiokit.providers.coqui.voice_folder import VoiceFolder, make_voice_folder

LONGEST_S = 30.0  # of a recording: XTTS v2 hears no more, and a longer one counts as several

NO_LABELS: Mapping[str, str] = MappingProxyType({})


class CoquiClone:
    """Clones voices with XTTS, or with another model of Coqui's that can.

    XTTS is not trained: what it hears in the recordings becomes two arrays, computed once and kept with the voice.

    Parameters
    ----------
    model, device, accept_licence, progress : see `CoquiTTS`.

    Raises
    ------
    ConfigError : no such model, or a licence that nobody accepted.
    MissingDependencyError : coqui-tts is not installed.
    ProviderUnavailable : the model cannot be downloaded.
    """

    requirements = SampleRequirements(
        min_total_s=3.0,  # Coqui: "should be >3 seconds long"
        ideal_total_s=30.0,  # XTTS v2 listens to 30 s for how to speak, and averages the timbre over all files
        max_total_s=300.0,
        max_files=20,
        max_bytes=200_000_000,
        formats=("wav", "flac", "mp3", "m4a", "ogg", "opus"),
        sample_rate=REFERENCE_RATE,
    )

    def __init__(
        self, model: str = "", *, device: str = "auto", accept_licence: bool = False, progress: Progress = SILENT
    ) -> None:
        self._files = find_model(model, name=DEFAULT_MODEL, accept_licence=accept_licence, progress=progress)
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
        """Make a voice: a folder in `voices` of audiokit's home, with the recordings and what the model made of them.

        Parameters
        ----------
        samples : files that meet `requirements`; consent was asked for by the caller.
        name, description, labels : for people.
        language : ISO 639-1 code; empty when unknown.

        Raises
        ------
        ConfigError : a model that cannot clone or does not load, or no such device.
        SampleError, AudioFileError : recordings that are too short or cannot be read.
        ProviderError : the model failed.
        """
        engine = open_engine(self._files, checked_device(self._device))
        streams = self._files.streams
        if not streams and not other.clones(engine):
            raise ConfigError(f"{self._files.name} cannot clone a voice. Leave the model out: XTTS v2 can.")

        def listen(folder: VoiceFolder) -> None:
            if streams:
                with engine.alone(seed=0):
                    kept_latents(folder, engine)

        longest_s = float(self._files.settings.get("max_ref_len") or LONGEST_S)
        facts = {
            "name": name, "provider": "coqui", "model": self._files.name, "language": language,
            "description": description, "labels": dict(labels), "made": datetime.now(UTC).isoformat(timespec="seconds"),
        }  # fmt: skip
        folder = make_voice_folder(
            name, samples, sample_rate=REFERENCE_RATE, facts=facts, finish=listen, longest_s=longest_s
        )
        return Voice(
            name=name,
            provider="coqui",
            voice_id=folder.path.name,
            model=self._files.name,
            language=language,
            description=description,
            labels=MappingProxyType(dict(labels)),
            folder=folder.path,
        )
