"""What is said in the clips, and whether the text can be believed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from audiokit import portal
from audiokit.audio.buffer import Audio
from audiokit.audio.chunk import chunks_of
from audiokit.contracts import STT, Transcript
from audiokit.dataset.settings import PrepSettings
from audiokit.registry import provider, takes

CHARACTERS_PER_S = (4.0, 25.0)  # slower is missing text, faster is made-up text; NeMo's SDP allows 18-30 at most
MIN_CONFIDENCE = 0.5
EDGE_S = 0.03  # a word that reaches this near the edge while the sound does too is cut
EDGE_DB = 20.0  # ... where "does too" means less than this under the loudest part of the clip


@lru_cache(maxsize=1)
def recognizer(name: str, model: str, language: str) -> STT:
    """Open a recognizer once a process."""
    settings: dict[str, object] = {key: value for key, value in (("model", model), ("language", language)) if value}
    if takes("stt", name, "realtime"):
        settings["realtime"] = False  # a whole clip at once costs less than the same through a live line
    stt: STT = provider("stt", name, **settings)
    return stt


def transcribe_clip(path: Path, settings: PrepSettings) -> dict[str, Any]:
    """Transcribe one clip and look for what a person should check; give fields of a `Clip`."""
    audio = Audio.read(path)
    transcript = portal.run(_transcribed(recognizer(settings.stt, settings.model, settings.language), audio))
    rate = sum(character.isalnum() for character in transcript.text) / audio.duration_s
    return {
        "text": transcript.text,
        "language": transcript.language,
        "confidence": round(transcript.confidence, 4),
        "characters_per_s": round(rate, 2),
        "flags": _flags(audio, transcript, rate),
    }


async def _transcribed(stt: STT, audio: Audio) -> Transcript:
    async def stream() -> Any:
        for chunk in chunks_of(audio):
            yield chunk

    finals = [transcript async for transcript in stt.transcribe(stream()) if transcript.is_final]
    words = tuple(word for transcript in finals for word in transcript.words)
    return Transcript(
        text=" ".join(transcript.text for transcript in finals if transcript.text),
        language=finals[0].language if finals else "",
        confidence=float(np.mean([transcript.confidence for transcript in finals])) if finals else 0.0,
        words=words,
    )


def _flags(audio: Audio, transcript: Transcript, characters_per_s: float) -> list[str]:
    if not transcript.text:
        return ["no text"]
    low, high = CHARACTERS_PER_S
    flags = []
    if not low <= characters_per_s <= high:
        flags.append(f"pace: {characters_per_s:.1f} characters/s, expected {low:g} to {high:g}")
    if transcript.confidence < MIN_CONFIDENCE:
        flags.append(f"confidence: {transcript.confidence:.2f} < {MIN_CONFIDENCE:g}")
    return flags + _cut_words(audio, transcript)


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
