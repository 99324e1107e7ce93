"""MPEG audio frames (mp3, mp2): where they start, and how many a Xing, Info or VBRI header promises."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from audiokit.audio.places import read_at, size_of

SEARCH_BYTES = 1 << 20  # junk before the first frame, beyond any ID3 tag
CHAIN = 3  # headers in a row, each where the last one said: noise has less than one in 10**6 MB
MAX_TAGS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class MpegStart:
    """The first frame of an MPEG audio stream (mp3, mp2), and what it tells of the others."""

    sample_rate: int
    """In Hz."""
    frame_samples: int
    """Samples of one MPEG frame, in each channel."""
    promised_frames: int | None
    """Samples in each channel that a Xing, Info or VBRI header promises."""
    promised_bytes: int | None
    """Bytes from here to the end that a Xing or Info header promises."""


MPEG_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
MPEG_KBPS = {  # (MPEG-1 or not, layer): bit rates by index, ISO 11172-3 and 13818-3
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


def mpeg_start(file: BinaryIO) -> MpegStart | None:
    """Find the first MPEG audio frame behind tags and junk; None when there is no chain of frames."""
    start = _behind_id3(file)
    data = read_at(file, start, SEARCH_BYTES)
    for match in re.finditer(rb"\xff(?=[\xe2-\xff])", data):
        if _is_chain(data, match.start()):
            return _mpeg_start(data[match.start() : match.start() + 512])
    return None


def _behind_id3(file: BinaryIO) -> int:
    at = 0
    for _ in range(MAX_TAGS):
        tag = read_at(file, at, 10)
        if tag[:3] != b"ID3" or len(tag) < 10:
            break
        at += 10 + sum((byte & 0x7F) << 7 * (3 - place) for place, byte in enumerate(tag[6:10]))
    return at if at < size_of(file) else 0


def _is_chain(data: bytes, at: int) -> bool:
    """Tell whether CHAIN headers of one kind follow one another; fewer do for a file that is nothing else."""
    from_the_start, kind = at == 0, data[at + 1 : at + 3]
    for _ in range(CHAIN):
        header = data[at : at + 4]
        length = mpeg_length(header)
        if not length or header[1] & 0xFE != kind[0] & 0xFE or header[2] & 0x0C != kind[1] & 0x0C:
            return False
        at += length
        if from_the_start and at >= len(data) - 4:
            break
    return True


def mpeg_length(header: bytes) -> int:
    """Compute the bytes of an MPEG audio frame from its four header bytes; 0 when they are none."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    kbps_index, rate_index, padding = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 4 or rate_index == 3 or not 0 < kbps_index < 15:
        return 0
    bit_rate = 1000 * MPEG_KBPS[version == 3, layer][kbps_index - 1]
    rate = MPEG_RATES[version][rate_index]
    if layer == 1:
        return int(12 * bit_rate // rate + padding) * 4
    return _mpeg_samples(version, layer) // 8 * bit_rate // rate + padding


def _mpeg_samples(version: int, layer: int) -> int:
    return 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152


def _mpeg_start(frame: bytes) -> MpegStart:
    version, layer, is_mono = frame[1] >> 3 & 3, 4 - (frame[1] >> 1 & 3), frame[3] >> 6 == 3
    samples = _mpeg_samples(version, layer)
    side_bytes = (17 if is_mono else 32) if version == 3 else (9 if is_mono else 17)
    xing, vbri = frame[4 + side_bytes :], frame[36:]
    count = size_bytes = None
    if xing[:4] in (b"Xing", b"Info") and len(xing) >= 16 and xing[7] & 1:
        count, size_bytes = struct.unpack_from(">II", xing, 8)
        size_bytes = size_bytes if xing[7] & 2 else None
    elif vbri[:4] == b"VBRI" and len(vbri) >= 18:
        (count,) = struct.unpack_from(">I", vbri, 14)
    return MpegStart(
        sample_rate=MPEG_RATES[version][frame[2] >> 2 & 3],
        frame_samples=samples,
        promised_frames=count * samples - _lame_padding(xing) if count else None,
        promised_bytes=size_bytes,
    )


def _lame_padding(xing: bytes) -> int:
    """Read how many samples at both ends are the encoder's own."""
    flags = xing[7] if len(xing) > 7 else 0
    at = 8 + 4 * (flags & 1) + 4 * (flags >> 1 & 1) + 100 * (flags >> 2 & 1) + 4 * (flags >> 3 & 1)
    if xing[at : at + 4] not in (b"LAME", b"Lavc", b"Lavf") or len(xing) < at + 24:
        return 0
    packed = int.from_bytes(xing[at + 21 : at + 24], "big")
    return (packed >> 12) + (packed & 0xFFF)
