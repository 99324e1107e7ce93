"""What is asked of a voice, all of it: equal requests sound equal, and their key says so."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from audiokit.contracts import TTS, Voice
from audiokit.disk import file_sha256

VERSION = 2  # a new number forgets all that was kept, for when its meaning changes


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechRequest:
    """Everything that changes the sound."""

    provider: str
    """Who speaks."""
    model: str
    """The model's name, for the bill; empty: the default. For the key it is told by `settings` and `voice`."""
    voice: str
    """The voice, as `voice_identity` tells it; empty: the provider's default."""
    settings: str
    """The provider's `settings_key`."""
    sample_rate: int
    """In Hz."""
    encoding: str
    """How the vendor sends: "pcm_s16le", "mp3" ..."""
    text: str
    """Exactly as it is sent: two spaces are another text than one."""

    @property
    def key(self) -> str:
        """64 hexadecimal digits. Of a list, because joined strings could collide: "a" + "bc" is "ab" + "c"."""
        told = [value for name, value in self.to_json().items() if name != "model"]  # callers name a default or do not
        return hashlib.sha256(json.dumps([VERSION, *told]).encode()).hexdigest()

    def to_json(self) -> dict[str, str | int]:
        """Give the fields by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def speech_request(tts: TTS, text: str, voice: Voice | None, *, provider: str, model: str = "") -> SpeechRequest:
    """Describe what `tts` would be asked.

    Parameters
    ----------
    tts : who speaks.
    text : what.
    voice : with which voice; its files, if it has any, are read once.
    provider : the name of `tts` in the registry.
    model : that of `tts`, for a voice that wants none of its own; empty: its default.
    """
    return SpeechRequest(
        provider=provider,
        model=(voice.model if voice else "") or model,
        voice=voice_identity(voice),
        settings=tts.settings_key,
        sample_rate=tts.sample_rate,
        encoding=tts.encoding,
        text=text,
    )


def voice_identity(voice: Voice | None) -> str:
    """Tell a voice by all that changes its sound, as JSON: its id, model, language, settings and what its files hold.

    A voice's own name, description and labels are for people and change nothing.
    """
    if voice is None:
        return ""
    settings = sorted(voice.settings.items())
    files = _contents(voice.folder) if voice.folder else ""
    return json.dumps([voice.provider, voice.voice_id, voice.model, voice.language, settings, files])


def _contents(folder: Path) -> str:
    """Tell a folder by its files, so that a voice made anew under an old name is another voice."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        status = path.stat()
        content = _digest(path, status.st_size, status.st_mtime_ns)
        digest.update(json.dumps([path.relative_to(folder).as_posix(), content]).encode())
    return digest.hexdigest()


@lru_cache(maxsize=1024)
def _digest(path: Path, size_bytes: int, changed_ns: int) -> str:
    """Read a file once as long as it stays as it is: references may have many megabytes, a hit has 5 ms."""
    return file_sha256(path)
