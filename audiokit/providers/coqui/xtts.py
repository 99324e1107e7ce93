"""XTTS speaks: a stream of pieces of a second or so, each as soon as it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.contracts import Setting, Voice
from audiokit.errors import ConfigError, ProviderError
from audiokit.providers.checks import number
from audiokit.providers.coqui.engine import Engine
from audiokit.providers.coqui.latents import latents_of
from audiokit.providers.coqui.pieces import pieces

KNOBS: Mapping[str, tuple[float, float]] = {
    "speed": (0.25, 4.0),
    "temperature": (0.01, 2.0),
    "top_k": (1, 1_000),
    "top_p": (0.01, 1.0),
    "repetition_penalty": (1.0, 50.0),
    "length_penalty": (-10.0, 10.0),
}
"""What changes the sound, with its range; what is not set is as the model's config.json has it."""

LONGEST = 250  # characters, where XTTS' tokenizer names no limit for a language


def speak(
    engine: Engine, text: str, voice: Voice | None, language: str, knobs: Mapping[str, float]
) -> Iterator[Samples]:
    """Give the sound of `text` in pieces, (frames, 1) at the model's rate.

    Parameters
    ----------
    engine : with an XTTS, held alone by the caller.
    text : any length; what is too long for XTTS at once is cut at the ends of sentences.
    voice : see `latents_of`.
    language : as `checked_language` gives it.
    knobs : as `checked_knobs` gives them.
    """
    latents = latents_of(voice, engine)
    names = ("temperature", "length_penalty", "repetition_penalty", "top_k", "top_p")
    settings: dict[str, Any] = {name: engine.model.config[name] for name in names} | dict(knobs)
    settings["top_k"] = int(settings["top_k"])
    limit = engine.model.tokenizer.char_limits.get(language.partition("-")[0], LONGEST)
    for piece in pieces(text, limit - 1):
        for sound in engine.model.inference_stream(piece, language, *latents, **settings):
            samples = np.asarray(sound.float().cpu().numpy(), np.float32).reshape(-1, 1)
            if len(samples):
                yield samples


def checked_knobs(given: Mapping[str, Setting]) -> dict[str, float]:
    """Check settings that change the sound.

    Raises
    ------
    ConfigError : one that XTTS does not have, or outside its range.
    """
    unknown = [name for name in given if name not in KNOBS]
    if unknown:
        raise ConfigError(f"coqui: XTTS has no setting {unknown[0]!r}; it has: {', '.join(KNOBS)}")
    return {name: number("coqui", name, value, *KNOBS[name]) for name, value in given.items()}


def checked_language(language: str, spoken: tuple[str, ...], model: str) -> str:
    """Give the model's own code for a language.

    Parameters
    ----------
    language : such as "en", "en-GB" or "zh"; empty is English where the model speaks it, else its first.
    spoken : the codes of the model's config.json.
    model : its name, for the message.

    Raises
    ------
    ProviderError : the model does not speak it.
    """
    spoken = spoken or ("en",)
    code = language.lower().replace("_", "-") or ("en" if "en" in spoken else spoken[0])
    for candidate in (code, code.partition("-")[0]):
        for own in spoken:
            if candidate in (own, own.partition("-")[0]):
                return own
    raise ProviderError(
        f"{model} does not speak {language!r}; it speaks: {', '.join(spoken)}. Give one of these as the language.",
        provider="coqui",
    )
