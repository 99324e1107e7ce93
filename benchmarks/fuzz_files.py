"""Small recordings in every format, and what can be wrong with them: the material of `fuzz_prep.py`."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile

LIBRIVOX = Path(__file__).resolve().parents[1] / "samples" / "librivox"
RATE = 48_000
SNDFILE_MADE = {
    "tones_8.wav": ("WAV", "PCM_U8"),
    "tones_16.wav": ("WAV", "PCM_16"),
    "tones_24.wav": ("WAVEX", "PCM_24"),
    "tones_32.wav": ("WAV", "PCM_32"),
    "float.wav": ("WAV", "FLOAT"),
    "double.wav": ("WAV", "DOUBLE"),
    "ulaw.wav": ("WAV", "ULAW"),
    "adpcm.wav": ("WAV", "IMA_ADPCM"),
    "long.rf64": ("RF64", "PCM_16"),
    "long.w64": ("W64", "PCM_16"),
    "plain.aiff": ("AIFF", "PCM_16"),
    "float.aiff": ("AIFF", "FLOAT"),
    "plain.caf": ("CAF", "PCM_16"),
    "plain.au": ("AU", "PCM_16"),
    "plain.flac": ("FLAC", "PCM_16"),
    "deep.flac": ("FLAC", "PCM_24"),
    "vorbis.ogg": ("OGG", "VORBIS"),
    "plain.opus": ("OGG", "OPUS"),
    "plain.mp3": ("MP3", "MPEG_LAYER_III"),
}
FFMPEG_MADE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "plain.m4a": ("ipod", "aac", {}),
    "lossless.m4a": ("ipod", "alac", {}),
    "book.m4b": ("mp4", "aac", {"chapters": True}),
    "fragments.mp4": ("mp4", "aac", {"options": {"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"}}),
    "film.mp4": ("mp4", "aac", {"video": True}),
    "film.mkv": ("matroska", "aac", {"video": True}),
    "plain.webm": ("webm", "libopus", {}),
    "live.webm": ("webm", "libopus", {"options": {"live": "1"}}),
    "plain.aac": ("adts", "aac", {}),
    "plain.wma": ("asf", "wmav2", {}),
}
EXTREMES = (0, 1, 255, 65_535, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 2**63 - 1, 2**63, 2**64 - 1)
# Where numbers that decide about memory and time lie: a mark, how far behind its start, and how they are packed.
FIELDS: tuple[tuple[bytes, int, str], ...] = (
    (b"RIFF", 4, "<I"), (b"fmt ", 4, "<I"), (b"fmt ", 10, "<H"), (b"fmt ", 12, "<I"), (b"fmt ", 16, "<I"),
    (b"fmt ", 20, "<H"), (b"fmt ", 22, "<H"), (b"data", 4, "<I"), (b"ds64", 8, "<Q"), (b"ds64", 16, "<Q"),
    (b"ds64", 24, "<Q"), (b"riff", 16, "<Q"), (b"FORM", 4, ">I"), (b"COMM", 4, ">I"), (b"COMM", 8, ">H"),
    (b"COMM", 10, ">I"), (b"COMM", 14, ">H"), (b"COMM", 16, ">Q"), (b"SSND", 4, ">I"), (b".snd", 4, ">I"),
    (b".snd", 8, ">I"), (b".snd", 16, ">I"), (b".snd", 20, ">I"), (b"desc", 12, ">Q"), (b"desc", 44, ">I"),
    (b"fLaC", 8, ">H"), (b"fLaC", 10, ">H"), (b"fLaC", 18, ">Q"), (b"fLaC", 5, ">H"), (b"OggS", 6, "<Q"),
    (b"OggS", 26, "B"), (b"OpusHead", 9, "B"), (b"OpusHead", 10, "<H"), (b"OpusHead", 12, "<I"),
    (b"\x01vorbis", 11, "B"), (b"\x01vorbis", 12, "<I"), (b"\x01vorbis", 28, "B"), (b"OpusTags", 8, "<I"),
    (b"\x03vorbis", 7, "<I"), (b"Xing", 8, ">I"), (b"Info", 8, ">I"), (b"Xing", 12, ">I"), (b"ID3", 6, ">I"),
    (b"mvhd", 16, ">I"), (b"mvhd", 20, ">I"), (b"mdhd", 16, ">I"), (b"mdhd", 20, ">I"), (b"moov", -4, ">I"),
    (b"mp4a", 20, ">H"), (b"mp4a", 28, ">I"), (b"stsd", 8, ">I"), (b"stts", 8, ">I"), (b"stts", 12, ">I"),
    (b"stts", 16, ">I"), (b"stsz", 8, ">I"), (b"stsz", 12, ">I"), (b"stsc", 8, ">I"), (b"stsc", 16, ">I"),
    (b"stco", 8, ">I"), (b"stco", 12, ">I"), (b"elst", 8, ">I"), (b"elst", 12, ">I"), (b"mdat", -4, ">I"),
    (b"trun", 8, ">I"), (b"tfhd", 8, ">I"), (b"chpl", 8, ">I"), (b"alac", 12, ">I"), (b"alac", 32, ">I"),
    (b"esds", 8, ">I"), (b"\x18\x53\x80\x67", 4, ">Q"), (b"\x15\x49\xa9\x66", 4, ">Q"), (b"\x2a\xd7\xb1", 4, ">I"),
    (b"\x44\x89\x88", 3, ">Q"), (b"\xb5\x88", 2, ">Q"), (b"\x9f\x81", 2, "B"), (b"\x1f\x43\xb6\x75", 4, ">Q"),
)  # fmt: skip
PATHS = ("../../../../fuzz-was-here", "/var/fuzz-was-here", "..\\..\\fuzz-was-here", "clips/../../fuzz\0here", "~/x")
NAMES = (
    "take {}",
    "Ünï–çödé 音声 {}",
    "-rf {}",
    "two\nlines {}",
    "quote\"s and 'more' {}",
    "%2e%2e%2f {}",
    "{}" + "x" * 200,
)

Mutation = Callable[[bytes, random.Random, Mapping[str, bytes]], bytes]


def originals(folder: Path) -> dict[str, bytes]:
    """Make a good recording of each kind, 4 s of speech with a little room around it."""
    speech, rate = soundfile.read(sorted(LIBRIVOX.glob("*.wav"))[1], dtype="float32")
    speech = np.interp(np.arange(0, 4 * RATE) * rate / RATE, np.arange(len(speech)), speech)
    room = 1e-4 * np.random.default_rng(1).standard_normal(round(4.6 * RATE))
    room[round(0.3 * RATE) :][: len(speech)] += speech
    samples = room.astype(np.float32)
    for name, (container, subtype) in SNDFILE_MADE.items():
        soundfile.write(folder / name, samples, RATE, format=container, subtype=subtype)
    for name, (container, codec, options) in FFMPEG_MADE.items():
        _mux(folder / name, container, codec, samples, **options)
    return {name: (folder / name).read_bytes() for name in (*SNDFILE_MADE, *FFMPEG_MADE)}


def _mux(
    path: Path, container: str, codec: str, samples: Any, *, chapters: bool = False, video: bool = False, **more: Any
) -> None:
    with av.open(path, "w", format=container, **more) as file:
        file.metadata["title"] = PATHS[0]
        sound: Any = file.add_stream(codec, rate=RATE, layout="mono")
        if codec in ("aac", "wmav2", "libopus"):
            sound.bit_rate = 96_000
        if chapters:
            file.set_chapters([_chapter(number) for number in range(4)])
        if video:
            _film(file)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), "flt", "mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        file.mux([*sound.encode(frame), *sound.encode(None)])


def _chapter(number: int) -> Any:
    times: dict[str, Any] = {"start": 1000 * number, "end": 1000 * number + 1000, "time_base": Fraction(1, 1000)}
    return {"id": number, "metadata": {"title": PATHS[number]}, **times}


def _film(file: Any) -> None:
    stream = file.add_stream("mpeg4", rate=25, width=64, height=64, pix_fmt="yuv420p")
    for number in range(25):
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number, np.uint8), format="rgb24")
        picture.pts = number
        file.mux(stream.encode(picture))
    file.mux(stream.encode(None))


def flip(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Turn up to 64 bits anywhere."""
    return _flipped(data, rng, len(data))


def flip_head(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Turn up to 64 bits where the header is."""
    return _flipped(data, rng, min(len(data), 600))


def _flipped(data: bytes, rng: random.Random, end: int) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 64)):
        changed[rng.randrange(end)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Cut the end off, sometimes all but a few bytes."""
    return data[: rng.choice((rng.randrange(len(data)), rng.randrange(100), len(data) - rng.randrange(1, 20)))]


def behead(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Cut the start off."""
    return data[rng.randrange(1, len(data)) :]


def swap(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Change two blocks for each other."""
    first, second, third, fourth = sorted(rng.randrange(len(data)) for _ in range(4))
    return data[:first] + data[third:fourth] + data[second:third] + data[first:second] + data[fourth:]


def erase(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Put zeros, ones or noise over a block."""
    start, length = rng.randrange(len(data)), rng.randrange(1, 4000)
    filling = rng.choice((bytes(length), b"\xff" * length, rng.randbytes(length)))
    return data[:start] + filling[: len(data) - start] + data[start + length :]


def repeat(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Put a block there many times."""
    start = rng.randrange(len(data))
    block = data[start : start + rng.randrange(1, 600)]
    return data[:start] + block * rng.randrange(2, 100) + data[start:]


def splice(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Go on with another file's end, or begin in another file."""
    other = others[rng.choice(sorted(others))]
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def absurd(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Put extreme numbers where a header has numbers: rates, channels, sizes, counts, times."""
    changed = bytearray(data)
    known = [(data.find(mark) + offset, layout) for mark, offset, layout in FIELDS if mark in data]
    for at, layout in rng.sample(known, min(len(known), rng.choice((1, 1, 2, 4)))):
        size = struct.calcsize(layout)
        if 0 <= at <= len(changed) - size:
            value = rng.choice(EXTREMES) & (256**size - 1)
            struct.pack_into(layout, changed, at, value)
    return bytes(changed)


def overwrite(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Put extreme numbers anywhere in the first two kilobytes."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        layout = rng.choice(("B", "<H", ">H", "<I", ">I", "<Q", ">Q", "<d", ">f"))
        at = rng.randrange(max(1, min(len(data), 2048) - 8))
        struct.pack_into(layout, changed, at, _extreme(layout, rng))
    return bytes(changed)


def _extreme(layout: str, rng: random.Random) -> float:
    if layout[-1] in "df":
        return rng.choice((float("inf"), float("nan"), -1.0, 1e30, 4e9))
    return rng.choice(EXTREMES) & (256 ** struct.calcsize(layout) - 1)


def tag(data: bytes, rng: random.Random, others: Mapping[str, bytes]) -> bytes:
    """Put an ID3 tag in front that holds paths, some of it longer than it says or the other way round."""
    frames = b""
    for name in (b"TIT2", b"TPE1", b"TALB", b"GEOB", b"APIC", b"WXXX", b"CHAP"):
        text = b"\0" + rng.choice(PATHS).encode() * rng.choice((1, 1, 500))
        frames += name + struct.pack(">I", rng.choice((len(text), len(text), 0, 0x7FFF_FFFF))) + b"\0\0" + text
    size = rng.choice((len(frames), len(frames), 0, 0xFFF_FFFF))
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + synchsafe + frames + data


MUTATIONS: tuple[Mutation, ...] = (
    absurd, absurd, absurd, overwrite, overwrite, flip, flip_head, truncate, behead, swap, erase, repeat, splice, tag,
)  # fmt: skip


def mutants(folder: Path, good: Mapping[str, bytes], count: int, seed: int) -> dict[str, str]:
    """Write mutated recordings, some twice mutated or oddly named; give what was done to each, by name."""
    rng, told = random.Random(seed), {}
    for number in range(count):
        kind = sorted(good)[number % len(good)]
        data, done = good[kind], []
        for mutation in rng.choices(MUTATIONS, k=rng.choice((1, 1, 2))):
            data = mutation(data, rng, good) or b"\0"
            done.append(mutation.__name__)
        stem = rng.choice(NAMES).format(f"{seed}-{number:05d}") if number % 10 == 0 else f"{seed}-{number:05d}"
        name = f"{stem}{Path(kind).suffix}"
        (folder / name).write_bytes(data)
        told[name] = f"{kind}: {', '.join(done)}"
    return told
