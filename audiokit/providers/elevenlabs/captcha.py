"""The picture that the owner of a voice must read aloud."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from types import MappingProxyType

from audiokit.disk import whole_file
from audiokit.providers.elevenlabs.errors import unreadable

BEGINNINGS = MappingProxyType({b"\x89PNG\r\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"RIFF": ".webp"})


def save_image(data: bytes, folder: Path, name: str) -> Path:
    """Save a picture under the name that its content asks for, whole or not at all.

    Parameters
    ----------
    data : the picture; or the same as base64, perhaps in quotes: the vendor's pages show both.
    folder : made if it is missing.
    name : without an extension; what no file's name may hold is left out.

    Raises
    ------
    ProviderError : it is no picture.
    """
    picture = data if _extension(data) else _decoded(data)
    extension = _extension(picture)
    if not extension:
        raise unreadable("something else than the picture of a captcha")
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^\w -]", "", name).strip() or "captcha"
    path = folder / f"{stem}{extension}"
    with whole_file(path) as part:
        part.write_bytes(picture)
    return path


def _extension(data: bytes) -> str:
    return next((extension for begin, extension in BEGINNINGS.items() if data.startswith(begin)), "")


def _decoded(data: bytes) -> bytes:
    text = data.strip().strip(b'"').rpartition(b",")[2]  # a data URL has its type before a comma
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""
