"""What is said in a clip, and what its sound says about the text."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from audiokit import portal
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import chunks_of
from audiokit.contracts import STT, Transcript
from audiokit.dataset.align import aligned, in_silence
from audiokit.dataset.settings import PrepSettings
from audiokit.registry import provider, takes

EDGE_S = 0.03  # a word that reaches this near the edge while the sound does too is cut
EDGE_DB = 20.0  # ... where "does too" means less than this under the loudest part of the clip


@lru_cache(maxsize=1)
def recognizer(name: str, model: str, language: str) -> STT:
    """Open a recognizer once a process."""
    settings: dict[str, object] = {key: value for key, value in (("model", model), ("language", language)) if value}
    if takes("stt", name, "realtime"):
        settings["realtime"] = False  # a whole clip at once costs less than the same through a live line
    if takes("stt", name, "tell_language"):
        settings["tell_language"] = True  # also where it is given: to hear that it is not what is spoken
    stt: STT = provider("stt", name, **settings)
    return stt


def transcribe_clip(path: Path, settings: PrepSettings) -> dict[str, Any]:
    """Transcribe one clip and look for words that its sound does not bear out; give fields of a `Clip`."""
    audio = Audio.read(path)
    transcript = portal.run(_transcribed(recognizer(settings.stt, settings.model, settings.language), audio))
    rate = sum(character.isalnum() for character in transcript.text) / audio.duration_s
    found: dict[str, Any] = {
        "text": transcript.text,
        "language": transcript.language,
        "language_probability": _rounded(transcript.language_probability),
        "confidence": _rounded(transcript.confidence or None),  # 0 is that of recognizers that do not tell
        "characters_per_s": round(rate, 2),
        "flags": _cut_words(audio, transcript),
    }
    if settings.align:
        words = aligned(transcript.words, audio)
        found["words"] = [asdict(replace(word, confidence=round(word.confidence, 4))) for word in words]
        found["flags"] += [
            f"word in silence: {word.text!r} at {word.start_s:.2f} s" for word in in_silence(words, audio)
        ]
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


async def _transcribed(stt: STT, audio: Audio) -> Transcript:
    async def stream() -> Any:
        for chunk in chunks_of(audio):
            yield chunk

    finals = [transcript async for transcript in stt.transcribe(stream()) if transcript.is_final]
    words = tuple(word for transcript in finals for word in transcript.words)
    return Transcript(
        text=" ".join(transcript.text for transcript in finals if transcript.text),
        language=finals[0].language if finals else "",
        language_probability=finals[0].language_probability if finals else None,
        confidence=float(np.mean([transcript.confidence for transcript in finals])) if finals else 0.0,
        words=words,
    )


def _cut_words(audio: Audio, transcript: Transcript) -> list[str]:
    """Name the first or last word if word and sound both run into the clip's edge."""
    if not transcript.words:
        return []
    first, last = transcript.words[0], transcript.words[-1]
    cut = []
    if first.start_s < EDGE_S and _is_loud(audio[:EDGE_S], audio):
        cut.append(f"cut word: {first.text!r} at the start")
    if last.end_s > audio.duration_s - EDGE_S and _is_loud(audio[-EDGE_S:], audio):
        cut.append(f"cut word: {last.text!r} at the end")
    return cut


def _is_loud(part: Audio, whole: Audio) -> bool:
    return bool(np.abs(part.samples).max() > np.abs(whole.samples).max() * 10 ** (-EDGE_DB / 20))
