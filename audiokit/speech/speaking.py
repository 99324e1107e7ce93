"""How something is to be said: who speaks, who else if that fails, whether from the cache, at which pace."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from audiokit.contracts import TTS, Voice
from audiokit.errors import MissingDependencyError, MissingKeyError, UsageError
from audiokit.registry import provider as open_provider
from audiokit.speech.cache import CacheSettings, SpeechCache, configured
from audiokit.speech.cached import CachedTTS
from audiokit.speech.counted import CountedTTS
from audiokit.speech.fallback import FallbackTTS, Speaker, log
from audiokit.speech.narrate import Pace
from audiokit.speech.usage import UsageCounter

OFFLINE = "hibari"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaySettings:
    """How to say something."""

    provider: str = ""
    """Who speaks; empty: the voice's own, or hibari, which needs no key."""
    model: str = ""
    """The provider's model; empty: the voice's own, or its default."""
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


def speaker_for(settings: SaySettings, voice: Voice | None, usage: UsageCounter) -> TTS:
    """Open the chain of providers, each behind the cache.

    Parameters
    ----------
    settings : who, and who else.
    voice : for the first; the others speak with their own.
    usage : counts what is spoken.

    Raises
    ------
    ConfigError : one of them is unknown, or none has its key.
    MissingDependencyError : none is installed.
    UsageError : the voice belongs to another provider.
    """
    first = settings.provider or (voice.provider if voice else OFFLINE)
    if voice and voice.provider != first:
        raise UsageError(f"the voice {voice.name!r} belongs to {voice.provider}; {first} cannot speak with it.")
    cache = _cache(settings) if settings.cache else None
    chain = [first, *settings.fallback]
    speakers: list[Speaker] = []
    for place, name in enumerate(chain):
        try:
            tts = _opened(name, settings.model if name == first else "", cache, usage)
        except (MissingKeyError, MissingDependencyError) as error:
            if place == len(chain) - 1 and not speakers:
                raise
            log.warning("%s cannot be used: %s", name, error)
            continue
        speakers.append(Speaker(name=name, tts=tts))
    return FallbackTTS(speakers) if len(chain) > 1 else speakers[0].tts


def _cache(settings: SaySettings) -> SpeechCache:
    known: CacheSettings = configured()
    return SpeechCache(replace(known, shared=settings.shared) if settings.shared else known)


def _opened(name: str, model: str, cache: SpeechCache | None, usage: UsageCounter) -> TTS:
    """Open a provider; without a cache, what it is asked is counted all the same."""
    tts = open_provider("tts", name, **({"model": model} if model else {}))
    if cache:
        return CachedTTS(tts, cache, provider=name, model=model, usage=usage)
    return CountedTTS(tts, provider=name, model=model, usage=usage)
