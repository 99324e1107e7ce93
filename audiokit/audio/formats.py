"""The formats that can be written: what each holds, and what a caller may ask of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from audiokit.errors import AudioFileError

Codec = Literal["aac", "libmp3lame", "libopus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How to write a file, beyond what its extension says."""

    subtype: str | None = None
    """libsndfile's name of a sample format, such as "PCM_24" or "FLOAT", for wav, flac and aiff; None: 16 bits."""
    bitrate_bps: int | None = None
    """Bits a second, for mp3, m4a, aac, opus and webm; None: enough for speech and music to sound like the source."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """What the file says about itself: title, artist, album, date, track, genre, comment ..."""
    cover: Path | None = None
    """Picture to go with it, JPEG or PNG, for mp3, m4a, flac, ogg and opus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """One row of the table below."""

    muxer: str
    """FFmpeg's name of the container."""
    codec: Codec | None = None
    """FFmpeg's encoder, when the coding is lossy and there is no choice of it."""
    sndfile: str = ""
    """libsndfile's name of the container, where that library writes it."""
    subtypes: Collection[str] = ()
    """libsndfile's names of the sample formats, the usual one first."""
    sample_rates: Collection[int] = ()
    """In Hz; empty: any."""
    max_channels: int = 8
    """The most it holds."""
    bitrates_bps: Collection[int] = ()
    """Bits a second that may be asked for; empty: the format has no choice."""
    tags: Collection[str] | None = None
    """Names of tags that the container has a place for; None: any name."""
    cover: Literal["stream", "comment", ""] = ""
    """How a picture is kept; empty: it cannot be."""
    options: tuple[tuple[str, str], ...] = ()
    """For FFmpeg's muxer."""


MPEG1_RATES = (32000, 44100, 48000)
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, *MPEG1_RATES)
MPEG1_KBPS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
MPEG2_KBPS = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # below 32 kHz
AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000)
OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
WIDE_BPS = range(6_000, 512_001)
INFO_TAGS = ("title", "artist", "album", "comment", "copyright", "date", "genre", "language", "track")  # RIFF INFO
ITUNES_TAGS = (
    "title",
    "artist",
    "album_artist",
    "album",
    "composer",
    "date",
    "comment",
    "genre",
    "copyright",
    "grouping",
    "lyrics",
    "description",
    "synopsis",
    "show",
    "episode_id",
    "network",
    "keywords",
    "track",
    "disc",
)
ID3_ON = (("write_id3v2", "1"),)

FORMATS = {
    "wav": FileFormat(
        muxer="wav",
        subtypes=("PCM_16", "PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"),
        max_channels=256,
        tags=INFO_TAGS,
    ),
    "flac": FileFormat(muxer="flac", sndfile="FLAC", subtypes=("PCM_16", "PCM_S8", "PCM_24"), cover="stream"),
    "aiff": FileFormat(
        muxer="aiff",
        sndfile="AIFF",
        subtypes=("PCM_16", "PCM_S8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"),
        max_channels=256,
        options=ID3_ON,
    ),
    "ogg": FileFormat(muxer="ogg", sndfile="OGG", subtypes=("VORBIS",), cover="comment"),
    "opus": FileFormat(muxer="opus", codec="libopus", sample_rates=OPUS_RATES, bitrates_bps=WIDE_BPS, cover="comment"),
    "mp3": FileFormat(
        muxer="mp3",
        codec="libmp3lame",
        sample_rates=MP3_RATES,
        max_channels=2,
        bitrates_bps=[1000 * kbps for kbps in sorted({*MPEG1_KBPS, *MPEG2_KBPS})],
        cover="stream",
    ),
    "m4a": FileFormat(
        muxer="mp4",  # FFmpeg's "ipod" is the same, but takes no picture
        codec="aac",
        sample_rates=AAC_RATES,
        bitrates_bps=WIDE_BPS,
        tags=ITUNES_TAGS,
        cover="stream",
        options=(("brand", "M4A "),),
    ),
    "aac": FileFormat(muxer="adts", codec="aac", sample_rates=AAC_RATES, bitrates_bps=WIDE_BPS, options=ID3_ON),
    "webm": FileFormat(muxer="webm", codec="libopus", sample_rates=OPUS_RATES, bitrates_bps=WIDE_BPS),
}
ALIASES = {"aif": "aiff", "m4b": "m4a", "wave": "wav"}


def file_format(path: Path) -> FileFormat:
    """Find the format that an extension stands for.

    Raises
    ------
    AudioFileError : none that can be written.
    """
    extension = path.suffix[1:].lower()
    if found := FORMATS.get(ALIASES.get(extension, extension)):
        return found
    what = f"{path.suffix!r}" if extension else "no extension"
    raise cannot_write(path, f"{what} is no format to write. Use one of {', '.join([*FORMATS, *ALIASES])}.")


def fitting_rate(path: Path, sample_rate: int) -> int:
    """Give the rate at which sound of `sample_rate` can be written: its own, the next higher, or the highest."""
    rates = sorted(file_format(path).sample_rates) or [sample_rate]
    return next((rate for rate in rates if rate >= sample_rate), rates[-1])


def check_encoding(path: Path, encoding: Encoding) -> None:
    """Refuse what the format of `path` does not know, before there is any sound.

    Raises
    ------
    AudioFileError : a sample format, a bit rate, a tag or a cover that it cannot have.
    """
    target, name = file_format(path), path.suffix[1:].lower()
    if encoding.subtype is not None and encoding.subtype not in target.subtypes:
        if not target.subtypes:
            raise cannot_write(path, f"{name} takes no subtype; leave out {encoding.subtype!r}.")
        raise cannot_write(path, f"{name} has no {encoding.subtype!r}. Use one of {', '.join(target.subtypes)}.")
    if encoding.bitrate_bps is not None and encoding.bitrate_bps not in target.bitrates_bps:
        raise cannot_write(
            path, f"{name} has no bit rate of {encoding.bitrate_bps / 1000:g}k. {_bitrates(target.bitrates_bps)}"
        )
    unknown = [tag for tag in encoding.tags if target.tags is not None and tag not in target.tags]
    if unknown:
        raise cannot_write(path, f"{name} has no tag {unknown[0]!r}. Use {', '.join(target.tags or ())}.")
    if encoding.cover is not None and not target.cover:
        holders = ", ".join(holder for holder, row in FORMATS.items() if row.cover)
        raise cannot_write(path, f"{name} holds no cover. Use one of {holders}.")


def check_sound(path: Path, sample_rate: int, channels: int, encoding: Encoding) -> None:
    """Refuse sound that the format of `path` cannot hold.

    Raises
    ------
    AudioFileError : another rate, too many channels, or a bit rate that does not go with the rate.
    """
    target, name = file_format(path), path.suffix[1:].lower()
    if target.sample_rates and sample_rate not in target.sample_rates:
        rates = ", ".join(map(str, target.sample_rates))
        raise cannot_write(path, f"{name} cannot hold {sample_rate} Hz. Resample to one of {rates}.")
    if channels > target.max_channels:
        raise cannot_write(path, f"{name} cannot hold {channels} channels, only {target.max_channels}. Mix them down.")
    if target.codec == "libmp3lame" and encoding.bitrate_bps:
        allowed = [1000 * kbps for kbps in (MPEG1_KBPS if sample_rate in MPEG1_RATES else MPEG2_KBPS)]
        if encoding.bitrate_bps not in allowed:
            wrong = f"{encoding.bitrate_bps / 1000:g}k at {sample_rate} Hz"
            raise cannot_write(path, f"mp3 has no bit rate of {wrong}. {_bitrates(allowed)}")


def cannot_write(path: Path, why: str) -> AudioFileError:
    """Make the error for a file that cannot be written."""
    return AudioFileError(f"{path.name}: {why}", reason="cannot write")


def _bitrates(allowed: Collection[int]) -> str:
    if not allowed:
        return "Leave it out."
    if isinstance(allowed, range):
        return f"Use {allowed[0] // 1000}k to {allowed[-1] // 1000}k."
    return f"Use one of {', '.join(f'{bps // 1000}k' for bps in allowed)}."
