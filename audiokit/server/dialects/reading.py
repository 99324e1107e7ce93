"""Reading what strangers send: JSON objects and base64, with words for what is wrong."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from audiokit.audio.chunk import AudioChunk
from audiokit.server.inputs import Message, Refusal


def json_object(message: Message) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    Refusal : it is none.
    """
    try:
        content = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise Refusal("message: this is no JSON") from error
    if not isinstance(content, dict):
        raise Refusal("message: expected a JSON object")
    return content


def inner_object(content: dict[str, Any], name: str) -> dict[str, Any]:
    """Give the object under a name.

    Raises
    ------
    Refusal : there is none.
    """
    inner = content.get(name)
    if not isinstance(inner, dict):
        raise Refusal(f"{name}: expected a JSON object")
    return inner


def base64_bytes(data: object, name: str) -> bytes:
    """Read base64.

    Parameters
    ----------
    name : of the field, for the message.

    Raises
    ------
    Refusal : it is none, or empty.
    """
    try:
        decoded = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError) as error:
        raise Refusal(f"{name}: this is no base64") from error
    if not decoded:
        raise Refusal(f"{name}: expected audio in base64, not empty")
    return decoded


def pcm_chunk(data: bytes, sample_rate: int) -> AudioChunk:
    """Read 16-bit PCM.

    Raises
    ------
    Refusal : half a sample, or nothing.
    """
    if not data or len(data) % 2:
        raise Refusal(f"audio: {len(data)} bytes of 16-bit PCM; expected an even number, at least 2")
    return AudioChunk.from_pcm16(data, sample_rate)
