"""A provider as a configuration chooses it, and how it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, overload

from audiokit.agent.trim import TrimmedTTS
from audiokit.agent.voiced import VoicedTTS, find_voice
from audiokit.contracts import LLM, STT, TTS, VAD, Setting, TurnDetector, Voice
from audiokit.errors import ConfigError
from audiokit.registry import provider, takes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """One provider and how it is set."""

    provider: str
    """Its name in the registry."""
    voice: str = ""
    """Of speech: a name from the VoiceBook, or the provider's own for a voice; empty: its default voice."""
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
    """Open one provider of a configuration.

    Parameters
    ----------
    kind : by the registry's words.
    chosen : which, and its settings.
    language : ISO 639-1 code for a provider that takes one and is not told another; empty: it finds out.
    """
    settings: dict[str, object] = dict(chosen.settings)
    if language and "language" not in settings and takes(kind, chosen.provider, "language"):
        settings["language"] = language
    return provider(kind, chosen.provider, **settings)


def open_speech(chosen: ProviderConfig, language: str = "", *, cache: bool = False) -> TTS:
    """Open a provider of speech with its voice.

    Parameters
    ----------
    chosen : which, its voice and its settings.
    language : see `open_provider`.
    cache : put the cache on disk in front of it.

    Raises
    ------
    ConfigError : see `registry.provider`; or the voice is another provider's.
    """
    tts = open_provider("tts", chosen, language)
    if cache:
        from audiokit.speech.cache import SpeechCache
        from audiokit.speech.cached import CachedTTS

        model = str(chosen.settings.get("model", ""))
        tts = CachedTTS(tts, SpeechCache(), provider=chosen.provider, model=model)
    return VoicedTTS(TrimmedTTS(tts), chosen.provider, _voice(chosen) if chosen.voice else None)


def _voice(chosen: ProviderConfig) -> Voice:
    voice = find_voice(chosen.voice)
    if voice is None:
        return Voice(name=chosen.voice, provider=chosen.provider, voice_id=chosen.voice)
    if voice.provider != chosen.provider:
        raise ConfigError(
            f"the voice {voice.name!r} speaks with {voice.provider}, not with {chosen.provider}. "
            f"Set provider = {voice.provider!r}, or choose another voice."
        )
    return voice
