"""Hibari on this machine: English speech with no key and no network, made from 8 MB of weights inside the wheel.

A sentence is one piece: measured 20 ms for its first audio, 80 times faster than it is spoken, on one slow core.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from audiokit.contracts import SpeechChunk, Voice
from audiokit.errors import MissingDependencyError, ProviderError, ProviderUnavailable, VoiceNotFoundError
from audiokit.providers.checks import number, speakable
from audiokit.providers.threads import pulled

if TYPE_CHECKING:
    from hibari import Hibari as Model
    from numpy.typing import NDArray

BUNDLED = "heart"
"""The voice inside the wheel; the others are downloaded on first use."""
SLOWEST, FASTEST = 0.5, 2.0  # what the model was trained on
SEED = 0  # of the breath noise: the same text always sounds the same

_one_load = Lock()


class Hibari:
    """Text to speech with Hibari, an American voice; whole sentences as they are made.

    The model is loaded by the first sentence (1.4 s), or by `warm_up`, once in a process.

    Parameters
    ----------
    speed : pace, 0.5 (slow) .. 2.0 (fast); a voice's own setting "speed" goes before it.

    Raises
    ------
    ConfigError : a speed that it cannot speak at.
    MissingDependencyError : hibari-tts is not installed.
    """

    sample_rate = 24_000
    encoding = "pcm_s16le"
    concurrency = 1
    """How many texts it speaks at once: all are spoken by one model."""

    def __init__(self, *, speed: float = 1.0) -> None:
        if find_spec("hibari") is None:
            raise MissingDependencyError("Hibari (hibari-tts)", extra="offline")
        self._speed = number("hibari", "speed", speed, SLOWEST, FASTEST)

    @property
    def settings_key(self) -> str:
        """Everything that changes the sound, as part of a cache key."""
        return json.dumps(["hibari", 1, version("hibari-tts"), SEED, self._speed])

    def warm_up(self) -> None:
        """Load the bundled voice, so that the first sentence comes at once."""
        _model(BUNDLED)

    def voices(self) -> tuple[Voice, ...]:
        """Give its voices, the bundled one first; the others are downloaded when they first speak."""
        from hibari.voices import VOICES

        return tuple(
            Voice(name=name, provider="hibari", voice_id=name, language=about["language"].partition("-")[0],
                  labels={kind: about[kind] for kind in ("accent", "gender")})
            for name, about in VOICES.items()
        )  # fmt: skip

    async def synthesize(self, text: str, voice: Voice | None = None) -> AsyncIterator[SpeechChunk]:
        """Speak `text`, a sentence at a time.

        Parameters
        ----------
        text : English, any length.
        voice : None or "hibari" is the bundled one; "emma", "fenrir", "fable" and "kore" are downloaded once.

        Raises
        ------
        UsageError : nothing to say.
        VoiceNotFoundError : a voice that Hibari does not have.
        ConfigError : a setting that it does not take.
        ProviderError : nothing in `text` that can be spoken in English.
        ProviderUnavailable : the voice cannot be downloaded.
        """
        spoken = False
        async for chunk in pulled(self._pieces(speakable(text), voice)):
            spoken = True
            yield chunk
        if not spoken:
            raise ProviderError(f"hibari speaks English and found nothing to say in {text[:40]!r}", provider="hibari")

    def _pieces(self, text: str, voice: Voice | None) -> Iterator[SpeechChunk]:
        settings = voice.settings if voice else {}
        speed = number("hibari", "speed", settings.get("speed", self._speed), SLOWEST, FASTEST)
        for samples in _model(_name_of(voice)).stream(text, speed=speed, seed=SEED):
            yield SpeechChunk(_column(samples), self.sample_rate)


def _name_of(voice: Voice | None) -> str:
    return BUNDLED if voice is None or voice.voice_id in ("", "hibari") else voice.voice_id


def _column(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(samples, np.float32)[:, np.newaxis]


def _model(name: str) -> Model:
    with _one_load:  # `cache` alone lets two threads load it both
        return _loaded(name)


@cache
def _loaded(name: str) -> Model:
    from hibari import Hibari as Model
    from hibari.voices import VOICES

    if name not in VOICES:
        raise VoiceNotFoundError(f"hibari has no voice {name!r}; it has: {', '.join(VOICES)}", provider="hibari")
    try:
        model = Model(voice=name)
    except RuntimeError as error:  # its downloads
        raise ProviderUnavailable(str(error), provider="hibari") from error
    model.g2p  # noqa: B018  half of the loading, otherwise done by the first sentence
    return model
