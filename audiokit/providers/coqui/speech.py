"""`CoquiTTS`: speech from any model of Coqui's; XTTS streams it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import aclosing
from functools import cache, partial
from importlib.metadata import version

from audiokit.audio.buffer import Samples
from audiokit.audio.resample import Resampler
from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ConfigError
from audiokit.progress import SILENT, Progress
from audiokit.providers.checks import speakable
from audiokit.providers.coqui import other, xtts
from audiokit.providers.coqui.engine import Engine, checked_device, open_engine
from audiokit.providers.coqui.files import ModelFiles, find_model
from audiokit.providers.coqui.package import check_installed
from audiokit.providers.coqui.thread import ahead

DEFAULT_MODEL = "tts_models/multilingual/multi-dataset/xtts_v2"
DEFAULT_RATE = 24_000  # XTTS'


class CoquiTTS:
    """Text to speech with a model of Coqui's on this machine.

    The model is loaded by the first text, or by `warm_up`, once in a process; one text is spoken at a time. The same
    text with the same seed always sounds the same on one machine.

    Parameters
    ----------
    model : a folder or checkpoint, or a name of Coqui's list (`tts --list_models`); models by name are downloaded once.
        Empty is the one a voice was cloned with, else XTTS v2, whose weights are for non-commercial use.
    device : "auto" (the first GPU, else the CPU), "cpu", "cuda" or one of several such as "cuda:1".
    language : ISO 639-1 code; empty is the voice's, else English.
    accept_licence : the user accepts the licence of the weights, where it asks for that.
    seed : where chance begins.
    speed : pace, 0.25 .. 4 (XTTS only). It and XTTS' other settings may also be a voice's.
    temperature : how freely XTTS speaks; None is as its config.json has it.
    progress : called with the model's name and bytes, done and in all, while it is downloaded.

    Raises
    ------
    ConfigError : no such model, a licence that nobody accepted, or a setting that the model does not have.
    MissingDependencyError : coqui-tts is not installed.
    ProviderUnavailable : the model cannot be downloaded.
    """

    encoding = "pcm_s16le"

    def __init__(
        self,
        model: str = "",
        *,
        device: str = "auto",
        language: str = "",
        accept_licence: bool = False,
        seed: int = 0,
        speed: float = 1.0,
        temperature: float | None = None,
        progress: Progress = SILENT,
    ) -> None:
        find = partial(find_model, name=DEFAULT_MODEL, accept_licence=accept_licence, progress=progress)
        self._find = cache(find)
        self._device, self._language, self._seed = device, language, seed
        given = {"speed": None if speed == 1 else speed, "temperature": temperature}
        self._knobs = xtts.checked_knobs({name: value for name, value in given.items() if value is not None})
        check_installed()
        self._own = self._find(model) if model else None
        if self._own:
            self._manner(self._own, None)
        self.sample_rate = self._own.sample_rate if self._own else DEFAULT_RATE

    @property
    def settings_key(self) -> str:
        """Everything that changes the sound, as part of a cache key."""
        settings = [self._language, self._seed, sorted(self._knobs.items())]
        own = self._own.fingerprint if self._own else ""  # the voice's model is known by its latents' names
        return json.dumps(["coqui", 1, version("coqui-tts"), own, *settings])

    def warm_up(self) -> None:
        """Load the model, so that the first text is spoken at once."""
        self._engine(self._own or self._find(""))

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`: XTTS gives pieces of a second or so, other models a sentence at a time.

        Parameters
        ----------
        text : any length.
        voice : one that `CoquiClone` made, or one of the model's own speakers by `voice_id`; None is the first speaker
            of a model that has some, and an error with XTTS.

        Raises
        ------
        UsageError : nothing to say.
        ConfigError : the model does not load, no such device, or a setting of the voice that XTTS does not have.
        ProviderError : an unknown voice or language, or the model failed.
        """
        async with aclosing(ahead(self._chunks(speakable(text), voice))) as chunks:
            async for chunk in chunks:
                yield chunk

    def _chunks(self, text: str, voice: Voice | None) -> Generator[SpeechChunk]:
        files = self._own or self._find(voice.model if voice else "")
        language, knobs = self._manner(files, voice)
        engine = self._engine(files)
        with engine.alone(self._seed):
            sounds: Iterator[Samples]
            if files.streams:
                sounds = xtts.speak(engine, text, voice, language, knobs)
            else:
                sounds = other.speak(engine, text, voice, language)
            for samples in _at_rate(sounds, files.sample_rate, self.sample_rate):
                yield SpeechChunk(samples, self.sample_rate)

    def _engine(self, files: ModelFiles) -> Engine:
        return open_engine(files, checked_device(self._device))

    def _manner(self, files: ModelFiles, voice: Voice | None) -> tuple[str, dict[str, float]]:
        """Give language and settings of this model with this voice."""
        language = self._language or (voice.language if voice else "")
        if not files.streams:
            if self._knobs:
                raise ConfigError(f"{files.name} has no setting {next(iter(self._knobs))!r}; only XTTS has.")
            return language, {}
        knobs = self._knobs | xtts.checked_knobs(voice.settings if voice else {})
        return xtts.checked_language(language, files.languages, files.name), knobs


def _at_rate(sounds: Iterator[Samples], from_rate: int, to_rate: int) -> Iterator[Samples]:
    """Change the rate, where a voice's model has another one than was promised."""
    resampler = Resampler(from_rate, to_rate)
    for samples in sounds:
        if len(ready := resampler.push(samples)):
            yield ready
    if len(rest := resampler.flush()):
        yield rest
