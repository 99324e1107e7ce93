"""A voice by what a user calls it: one look-up for all who speak."""

from __future__ import annotations

from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import Voice
from audiokit.registry import providers


def find_voice(name: str, provider: str = "") -> Voice:
    """Find a voice: by its name in the `VoiceBook`, else as PROVIDER:ID, else as the provider's own.

    Parameters
    ----------
    name : of the voice; "PROVIDER:" alone is the default voice of that provider.
    provider : whose voice a bare name is that the book does not know; empty: nobody's.

    Raises
    ------
    VoiceNotFoundError : the book does not know it, and nobody else is named.
    ConfigError : the book is damaged.
    """
    book = VoiceBook()
    owner, colon, voice_id = name.partition(":")
    if name in book or not (colon or provider):
        return book.get(name)
    if colon and (not provider or owner in providers("tts")):
        return Voice(name=name, provider=owner, voice_id=voice_id)
    return Voice(name=name, provider=provider, voice_id=name)
