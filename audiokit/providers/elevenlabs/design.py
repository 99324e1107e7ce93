"""Voices made up from a description, without any recording."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from audiokit.contracts import Voice
from audiokit.disk import whole_file
from audiokit.errors import UsageError
from audiokit.providers.elevenlabs.client import ONCE, ElevenLabsClient
from audiokit.providers.elevenlabs.errors import told, unreadable
from audiokit.providers.elevenlabs.voices import read_voice

DESCRIPTION = range(20, 1001)  # characters, by the vendor's contract
TEXT = range(100, 1001)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A voice that could be kept."""

    generated_voice_id: str
    """The vendor's name for it, until it is kept."""
    path: Path
    """Its sound, as mp3."""
    duration_s: float
    """How long that is, in seconds."""


class ElevenLabsDesign:
    """Designs voices and changes them.

    Parameters
    ----------
    base_url : None: `ELEVENLABS_BASE_URL`, the configuration file, or ElevenLabs itself.
    """

    def __init__(self, *, base_url: str | None = None) -> None:
        self._door = ElevenLabsClient(base_url)

    def previews(self, description: str, folder: Path, *, text: str = "", seed: int | None = None) -> list[Preview]:
        """Make up some voices, and save how they sound.

        Parameters
        ----------
        description : of the voice: age, accent, tone, pace; 20 to 1,000 characters.
        folder : for the previews; made if it is missing.
        text : what they say, 100 to 1,000 characters; empty leaves it to the vendor.
        seed : the same one gives the same voices again.

        Raises
        ------
        UsageError : a description or a text of another length.
        """
        wanted = _wanted(description, text, seed)
        with self._door.sdk() as client:
            return _saved(client.text_to_voice.design(**wanted).previews, Path(folder))

    def remix(
        self, voice_id: str, description: str, folder: Path, *, text: str = "", seed: int | None = None
    ) -> list[Preview]:
        """Change a voice of the account, and save how the results sound; see `previews`.

        Parameters
        ----------
        voice_id : which voice.
        description : what is to change, 20 to 1,000 characters.
        folder, text, seed : as there.
        """
        wanted = _wanted(description, text, seed)
        with self._door.sdk() as client:
            return _saved(client.text_to_voice.remix(voice_id, **wanted).previews, Path(folder))

    def keep(self, preview: Preview, *, name: str, description: str, labels: Mapping[str, str] | None = None) -> Voice:
        """Make a voice of the account out of a preview; not tried again by itself, as it might be made twice.

        Parameters
        ----------
        preview : which.
        name, labels : of the voice.
        description : the one it was designed by, 20 to 1,000 characters.
        """
        _check_length("the description", description, DESCRIPTION)
        with self._door.sdk() as client:
            voice = client.text_to_voice.create(
                voice_name=name,
                voice_description=description,
                generated_voice_id=preview.generated_voice_id,
                labels=dict(labels or {}),
                request_options=cast("Any", ONCE),
            )
            told(voice, "voice_id")
            return read_voice(voice)


def _wanted(description: str, text: str, seed: int | None) -> dict[str, Any]:
    _check_length("the description", description, DESCRIPTION)
    wanted: dict[str, Any] = {"voice_description": description, "output_format": "mp3_44100_128"}
    if text:
        _check_length("the text", text, TEXT)
        wanted["text"] = text
    else:
        wanted["auto_generate_text"] = True
    return wanted | ({} if seed is None else {"seed": seed})


def _check_length(what: str, text: str, allowed: range) -> None:
    if len(text) not in allowed:
        raise UsageError(f"{what} has {len(text):,} characters; expected {allowed[0]:,} to {allowed[-1]:,}")


def _saved(previews: Sequence[Any], folder: Path) -> list[Preview]:
    folder.mkdir(parents=True, exist_ok=True)
    return [_save(preview, folder / f"preview {number}.mp3") for number, preview in enumerate(previews, 1)]


def _save(preview: Any, path: Path) -> Preview:
    try:
        data = base64.b64decode(told(preview, "audio_base_64"), validate=True)
    except binascii.Error as error:
        raise unreadable("a preview that is no base64") from error
    with whole_file(path) as part:
        part.write_bytes(data)
    generated_voice_id = told(preview, "generated_voice_id")
    return Preview(generated_voice_id=generated_voice_id, path=path, duration_s=float(preview.duration_secs))
