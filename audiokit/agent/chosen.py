"""A provider as a configuration chooses it, and how it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, overload

from audiokit.agent.trim import TrimmedTTS
from audiokit.agent.voiced import VoicedTTS
from audiokit.cloning.find_voice import find_voice
from audiokit.contracts import LLM, STT, TTS, VAD, Setting, TurnDetector
from audiokit.registry import provider, takes
from audiokit.speech.speaking import check_owner


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """One provider and how it is set."""

    provider: str
    """Its name in the registry."""
    voice: str = ""
    """Of speech: as `find_voice` takes it; empty: the provider's default voice."""
    settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    """What the provider's class takes."""


@overload
def open_provider(kind: Literal["stt"], chosen: ProviderConfig, language: str = ...) -> STT: ...
@overload
def open_provider(kind: Literal["llm"], chosen: ProviderConfig, language: str = ...) -> LLM: ...
@overload
def open_provider(kind: Literal["tts"], chosen: ProviderConfig, language: str = ...) -> TTS: ...
@overload
def open_provider(kind: Literal["vad"], chosen: ProviderConfig, language: str = ...) -> VAD: ...
@overload
def open_provider(kind: Literal["turn"], chosen: ProviderConfig, language: str = ...) -> TurnDetector: ...
def open_provider(kind: str, chosen: ProviderConfig, language: str = "") -> object:
    """Open one provider of a configuration; events call it by the name that it has there.

    Parameters
    ----------
    kind : by the registry's words.
    chosen : which, and its settings.
    language : ISO 639-1 code for a provider that takes one and is not told another; empty: it finds out.
    """
    settings: dict[str, object] = dict(chosen.settings)
    if language and "language" not in settings and takes(kind, chosen.provider, "language"):
        settings["language"] = language
    opened: Any = provider(kind, chosen.provider, **settings)
    if not getattr(opened, "name", ""):
        with suppress(AttributeError):  # a class with slots goes by its own name
            opened.name = chosen.provider
    return opened


def open_speech(chosen: ProviderConfig, language: str = "", *, cache: bool = False) -> TTS:
    """Open a provider of speech with its voice.

    Parameters
    ----------
    chosen : which, its voice and its settings.
    language : see `open_provider`.
    cache : put the cache on disk in front of it.

    Raises
    ------
    ConfigError : see `registry.provider`.
    UsageError : the voice belongs to another provider.
    """
    voice = find_voice(chosen.voice, chosen.provider) if chosen.voice else None
    check_owner(voice, chosen.provider)
    tts = open_provider("tts", chosen, language)
    if cache:
        from audiokit.speech.cache import SpeechCache
        from audiokit.speech.cached import CachedTTS

        model = str(chosen.settings.get("model", ""))
        tts = CachedTTS(tts, SpeechCache(), provider=chosen.provider, model=model)
    return VoicedTTS(TrimmedTTS(tts), chosen.provider, voice)
