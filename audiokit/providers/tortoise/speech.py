"""`TortoiseTTS`: speech from Tortoise, a sentence or two at a time."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Generator
from contextlib import aclosing
from functools import cache, partial
from importlib.metadata import version

import numpy as np

from audiokit.contracts import Setting, SpeechChunk, Voice
from audiokit.errors import ConfigError
from audiokit.progress import SILENT, Progress
from audiokit.providers.checks import speakable
from audiokit.providers.coqui.engine import Engine, checked_device, open_engine
from audiokit.providers.coqui.files import ModelFiles, find_model
from audiokit.providers.coqui.package import check_installed
from audiokit.providers.coqui.pieces import pieces
from audiokit.providers.coqui.thread import ahead
from audiokit.providers.tortoise.latents import folder_of, latents_of
from audiokit.providers.tortoise.presets import settings_of

DEFAULT_MODEL = "tts_models/en/multi-dataset/tortoise-v2"
LONGEST = 300  # characters at once: tortoise-tts' read.py cuts at 200 where it can, at 300 in any case


class TortoiseTTS:
    """Text to speech with Tortoise on this machine: English, minutes for a sentence without a GPU.

    The model is loaded by the first text, or by `warm_up`, once in a process; one text is spoken at a time. The same
    text with the same seed always sounds the same on one machine.

    Parameters
    ----------
    model : a folder with config.json and Tortoise's checkpoints; empty is the one a voice was cloned with, else the
        published one, downloaded once (4 GB).
    preset : "ultra_fast", "fast", "standard" or "high_quality".
    device : "auto" (the first GPU, else the CPU), "cpu", "cuda" or one of several such as "cuda:1".
    seed : where chance begins.
    num_autoregressive_samples : readings to choose the best from; None is the preset's number.
    diffusion_iterations : how often it is refined; None is the preset's number.
    progress : called with the model's name and bytes, done and in all, while it is downloaded.

    Raises
    ------
    ConfigError : no such model or preset, or a number outside its range.
    MissingDependencyError : coqui-tts is not installed.
    ProviderUnavailable : the model cannot be downloaded.
    """

    sample_rate = 24_000
    encoding = "pcm_s16le"

    def __init__(
        self,
        model: str = "",
        *,
        preset: str = "fast",
        device: str = "auto",
        seed: int = 0,
        num_autoregressive_samples: int | None = None,
        diffusion_iterations: int | None = None,
        progress: Progress = SILENT,
    ) -> None:
        numbers = {
            "num_autoregressive_samples": num_autoregressive_samples,
            "diffusion_iterations": diffusion_iterations,
        }
        self._changes: dict[str, Setting] = {name: value for name, value in numbers.items() if value is not None}
        self._preset, self._device, self._seed = preset, device, seed
        settings_of(preset, self._changes)
        check_installed()
        self._find = cache(partial(find_tortoise, progress=progress))
        self._own = self._find(model) if model else None

    @property
    def settings_key(self) -> str:
        """Everything that changes the sound, as part of a cache key."""
        settings = sorted(settings_of(self._preset, self._changes).items())
        own = self._own.fingerprint if self._own else ""  # the voice's model is known by its latents' names
        return json.dumps(["tortoise", 1, version("coqui-tts"), own, self._seed, settings])

    def warm_up(self) -> None:
        """Load the model, so that the first text need not wait for it."""
        self._engine(self._own or self._find(""))

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, a piece of up to 300 characters at a time.

        Parameters
        ----------
        text : English, any length.
        voice : one that `TortoiseClone` made, or with a folder of WAV files as Tortoise has them.

        Raises
        ------
        UsageError : nothing to say.
        ConfigError : the model does not load, no such device, or a setting of the voice that Tortoise does not have.
        ProviderError : no voice, or the model failed.
        """
        async with aclosing(ahead(self._chunks(speakable(text), voice))) as chunks:
            async for chunk in chunks:
                yield chunk

    def _engine(self, files: ModelFiles) -> Engine:
        return open_engine(files, checked_device(self._device))

    def _chunks(self, text: str, voice: Voice | None) -> Generator[SpeechChunk]:
        settings = settings_of(self._preset, self._changes | dict(voice.settings if voice else {}))
        folder = folder_of(voice)
        engine = self._engine(self._own or self._find(voice.model if voice else ""))
        with engine.alone(self._seed):
            latents = latents_of(folder, engine)
            for piece in pieces(text, LONGEST):
                spoken = engine.model.inference_with_config(
                    piece,
                    conditioning_latents=latents,
                    use_deterministic_seed=self._seed,
                    half=engine.device != "cpu",
                    verbose=False,
                    **settings,
                )
                samples = np.asarray(spoken["wav"].float().cpu().numpy(), np.float32).reshape(-1, 1)
                yield SpeechChunk(samples, self.sample_rate)


def find_tortoise(model: str, progress: Progress = SILENT) -> ModelFiles:
    """Find a Tortoise; see `find_model`.

    Raises
    ------
    ConfigError : no such model, or another one than Tortoise.
    MissingDependencyError : coqui-tts is not installed.
    ProviderUnavailable : it cannot be downloaded.
    """
    files = find_model(model, name=DEFAULT_MODEL, progress=progress)
    if files.kind != "tortoise":
        raise ConfigError(f"{files.name} is a {files.kind or 'nameless'} model. Open it with the provider coqui.")
    return files
