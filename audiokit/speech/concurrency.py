"""How many texts a voice may be asked for at once: what its vendor's plan allows, or its model can do."""

from __future__ import annotations

from audiokit.contracts import TTS

USUAL = 2  # of those that do not say: one is made while another is waited for


def concurrency_of(tts: TTS) -> int | None:
    """Give how many texts `tts` speaks at once, as far as is known now; None if it does not say."""
    known: int | None = getattr(tts, "concurrency", None)
    return None if known is None else max(1, known)


def allowed(tts: TTS, most: int | None) -> int:
    """Give how many texts to ask for at once: at most what was asked for, and what the voice can take.

    Parameters
    ----------
    tts : who speaks; what its vendor answers may change the number.
    most : what the user wants; None leaves it to the voice.
    """
    return min((limit for limit in (most, concurrency_of(tts)) if limit is not None), default=USUAL)
