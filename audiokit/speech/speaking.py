"""How something is to be said: who speaks, who else if that fails, whether from the cache, at which pace."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from audiokit.contracts import TTS, Setting, Voice
from audiokit.errors import UsageError
from audiokit.registry import provider as open_provider
from audiokit.registry import providers, takes
from audiokit.speech.cache import CacheSettings, SpeechCache, configured
from audiokit.speech.cached import CachedTTS
from audiokit.speech.counted import CountedTTS
from audiokit.speech.fallback import UNUSABLE, FallbackTTS, Speaker
from audiokit.speech.narrate import Pace
from audiokit.speech.usage import UsageCounter

OFFLINE = "hibari"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaySettings:
    """How to say something."""

    provider: str = ""
    """Who speaks; empty: the voice's own, or hibari, which needs no key."""
    model: str = ""
    """The provider's model; empty: the voice's own, or its default."""
    provider_settings: Mapping[str, Setting] = field(default_factory=lambda: MappingProxyType({}))
    """What the provider's class takes besides, such as device or seed; the fallbacks take none."""
    fallback: tuple[str, ...] = ()
    """Providers that speak instead, in this order, when the one before cannot."""
    cache: bool = True
    """Whether speech is kept, and kept speech used."""
    shared: str = ""
    """Address for fsspec of a cache that several machines share; empty: that of config.toml, if any."""
    normalize_text: bool = False
    """Whether numbers, amounts, times and the like are written as words first (English)."""
    pace: Pace = field(default_factory=Pace)
    """Pauses, and how much is made at once."""


def first_provider(settings: SaySettings, voice: Voice | None) -> str:
    """Give the name of who speaks as long as it can."""
    return settings.provider or (voice.provider if voice else OFFLINE)


def check_owner(voice: Voice | None, provider: str) -> None:
    """Refuse a voice that a provider cannot speak with; None, its default, it always can.

    Raises
    ------
    UsageError : it belongs to another provider.
    """
    if voice and voice.provider != provider:
        raise UsageError(
            f"the voice {voice.name!r} belongs to {voice.provider}; {provider} cannot speak with it. Choose "
            f"{voice.provider} as the provider, or another voice."
        )


def with_words(settings: SaySettings, voice: Voice | None) -> SaySettings:
    """Ask for the times of words, if that is a setting of the provider that is not set yet."""
    if "words" in settings.provider_settings or not takes("tts", first_provider(settings, voice), "words"):
        return settings
    return replace(settings, provider_settings={**settings.provider_settings, "words": True})


def cache_for(settings: SaySettings) -> SpeechCache | None:
    """Open the cache, if one is wanted."""
    known: CacheSettings = configured()
    if not settings.cache:
        return None
    return SpeechCache(replace(known, shared=settings.shared) if settings.shared else known)


def speaker_for(settings: SaySettings, voice: Voice | None, usage: UsageCounter, cache: SpeechCache | None) -> TTS:
    """Open the chain of providers, each behind the cache; one that cannot be used is left out with a warning.

    Parameters
    ----------
    settings : who, and who else.
    voice : for the first; the others speak with their own.
    usage : counts what is spoken.
    cache : from `cache_for`.

    Raises
    ------
    ConfigError : one of them is unknown or takes no such setting, or none has its key.
    MissingDependencyError : none is installed.
    UsageError : the voice belongs to another provider.
    """
    first = first_provider(settings, voice)
    check_owner(voice, first)
    own = {**settings.provider_settings, **({"model": settings.model} if settings.model else {})}
    chain = [(first, own), *((name, {}) for name in settings.fallback)]
    speakers: list[Speaker] = []
    for place, (name, given) in enumerate(chain):
        try:
            tts = _opened(name, given, cache, usage)
        except UNUSABLE as error:
            if (place == len(chain) - 1 and not speakers) or _is_mistyped(name, given):
                raise
            log.warning("%s cannot be used: %s", name, error)
            continue
        speakers.append(Speaker(name=name, tts=tts))
    return FallbackTTS(speakers) if len(chain) > 1 else speakers[0].tts


def _is_mistyped(name: str, given: Mapping[str, Setting]) -> bool:
    """Tell a name that nobody has from a provider that cannot be used here."""
    return name not in providers("tts") or not all(takes("tts", name, setting) for setting in given)


def _opened(name: str, given: Mapping[str, Setting], cache: SpeechCache | None, usage: UsageCounter) -> TTS:
    """Open a provider; without a cache, what it is asked is counted all the same."""
    tts, model = open_provider("tts", name, **given), str(given.get("model", ""))
    if cache:
        return CachedTTS(tts, cache, provider=name, model=model, usage=usage)
    return CountedTTS(tts, provider=name, model=model, usage=usage)
