"""Any other model of Coqui's speaks: whole sentences, as each is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from audiokit.audio.buffer import Samples
from audiokit.contracts import Voice
from audiokit.errors import ProviderError
from audiokit.providers.coqui.engine import Engine
from audiokit.providers.coqui.voice_folder import VoiceFolder

PAUSE_FRAMES = 10_000  # PAD_SILENCE_SAMPLES: the zeros Coqui puts behind each sentence


def speak(engine: Engine, text: str, voice: Voice | None, language: str) -> Iterator[Samples]:
    """Give the sound of `text` a sentence at a time, (frames, 1) at the model's rate.

    Parameters
    ----------
    engine : held alone by the caller.
    text : any length.
    voice : one of the model's speakers by `voice_id`, or a cloned one, where the model can; None is its first speaker.
    language : the model's code for it; empty where it speaks one only, or for its first.

    Raises
    ------
    ProviderError : a speaker or language that it does not have.
    """
    wanted = {"language_name": _language(engine, language), **_speaker(engine, voice)}
    sentences = engine.synthesizer.split_into_sentences(text) if engine.synthesizer.segmenter else [text]
    for index, sentence in enumerate(sentences):
        sound = engine.synthesizer.tts(sentence, split_sentences=False, **wanted)
        samples = np.asarray(sound, np.float32).reshape(-1, 1)
        yield samples if index < len(sentences) - 1 else samples[:-PAUSE_FRAMES]


def clones(engine: Engine) -> bool:
    """Tell whether the model can speak with a voice it hears."""
    return bool(engine.model.config.supports_cloning)


def _language(engine: Engine, language: str) -> str | None:
    manager = getattr(engine.model, "language_manager", None)
    names = list(manager.language_names) if manager is not None else []
    if len(names) < 2:
        return None
    if language and language not in names:
        raise ProviderError(
            f"{engine.files.name} does not speak {language!r}; it speaks: {', '.join(names)}.", provider="coqui"
        )
    return language or names[0]


def _speaker(engine: Engine, voice: Voice | None) -> dict[str, Any]:
    """Give the arguments that name who speaks."""
    manager = getattr(engine.model, "speaker_manager", None)
    names: Sequence[str] = list(manager.speaker_names) if manager is not None else []
    if voice is not None and voice.folder is not None:
        if not clones(engine):
            raise ProviderError(
                f"{engine.files.name} cannot speak with a cloned voice. Use XTTS, or a model that clones.",
                provider="coqui",
            )
        return {"speaker_name": None, "speaker_wav": [str(path) for path in VoiceFolder(voice.folder).references]}
    if voice is not None and voice.voice_id and voice.voice_id not in names:
        has = f"it has: {', '.join(names[:8])}" if names else "it has one voice: leave the name out"
        raise ProviderError(f"{engine.files.name} has no speaker {voice.voice_id!r}; {has}.", provider="coqui")
    return {"speaker_name": voice.voice_id if voice and voice.voice_id else (names[0] if len(names) > 1 else None)}
