"""What a file is, judged by its first bytes and never by its name."""

from __future__ import annotations

import codecs
import struct

HEAD_BYTES = 512

PCM_CONTAINERS = (b"RIFF", b"RIFX", b"RF64", b"BW64", b"riff", b"FORM", b"caff", b".snd", b"NIST", b"Creative Voice")
"""What libsndfile reads best."""

CONTAINERS = (*PCM_CONTAINERS, b"fLaC", b"OggS", b"ID3", b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75")
"""Beginnings that only a recording or a video has: what cannot be decoded then is damaged."""

OTHER_FILES = {
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a zip archive",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"II*\0": "a TIFF image",
    b"MM\0*": "a TIFF image",
    b"\x1f\x8b\x08": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x7fELF": "a program",
    b"MThd": "a MIDI score",
    b"SQLite format": "a database",
}

MPEG_TAGS = (0x50, 0x55)  # MPEG layer II and layer III inside a WAV


def other_kind(head: bytes) -> str:
    """Name what a file is that holds no audio; empty when it may be a recording.

    Parameters
    ----------
    head : its first HEAD_BYTES bytes.
    """
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "a WebP image"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"heic", b"mif1"):
        return "a HEIF image"
    for magic, kind in OTHER_FILES.items():
        if head.startswith(magic):
            return kind
    return "a text" if _is_text(head) and not head.startswith((*PCM_CONTAINERS, b"#!AMR")) else ""


def _is_text(head: bytes) -> bool:
    try:
        # Not final: the head may end inside a letter.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(letter.isprintable() or letter in "\t\r\n\f" for letter in text)


def is_pcm_container(head: bytes) -> bool:
    """Tell whether libsndfile is the one to try first."""
    if head.startswith(b"FORM"):
        return head[8:12] in (b"AIFF", b"AIFC")
    if head.startswith(b"RIFF") and head[12:16] == b"fmt " and len(head) >= 22:
        return head[8:12] == b"WAVE" and struct.unpack_from("<H", head, 20)[0] not in MPEG_TAGS
    return head.startswith(PCM_CONTAINERS)


def is_vorbis(head: bytes) -> bool:
    """Tell whether an Ogg file begins with a Vorbis stream."""
    return head.startswith(b"OggS") and b"\x01vorbis" in head[:64]


def is_container(head: bytes) -> bool:
    """Tell whether a file begins as recordings do."""
    return head.startswith(CONTAINERS) or head[4:8] == b"ftyp"


def container_name(head: bytes, demuxer: str, *, has_video: bool) -> str:
    """Name a container as its users do, from its first bytes and FFmpeg's name for it."""
    if demuxer.startswith("mov"):
        if head[4:8] != b"ftyp" or head[8:12] == b"qt  ":
            return "mov"
        return "mp4" if has_video else "m4a"
    if demuxer.startswith("matroska"):
        return "webm" if b"webm" in head[:64] else "mkv"
    return demuxer.partition(",")[0]
