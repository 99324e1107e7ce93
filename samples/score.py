"""What the sample podcast holds: its files, and the parts of each in the order they are heard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Music:
    """A jingle."""

    length_s: float
    """Length in seconds."""
    fade_s: float = 1.2
    """How long it takes to fade out, in seconds."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing but the room."""

    length_s: float
    """Length in seconds."""


@dataclass(frozen=True, slots=True)
class Reader:
    """One LibriVox utterance."""

    utterance: str
    """The last four digits of its file's name."""


@dataclass(frozen=True, slots=True)
class Host:
    """One sentence of the synthetic voice."""

    text: str
    """What it says."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A mark: a chapter starts here."""

    title: str
    """As players show it."""


Part = Music | Pause | Reader | Host | Chapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One file of the podcast."""

    path: str
    """Relative to the podcast folder."""
    title: str
    """For its tags."""
    codec: str
    """PyAV's name of the encoder."""
    sample_rate: int
    """Of the file, in Hz."""
    channels: int = 2
    """1 or 2."""
    bit_rate: int = 0
    """In bits per second; 0 for PCM."""
    reader_gain_db: float = 0.0
    """Applied to the LibriVox utterances, in dB."""
    host_gain_db: float = 2.0
    """Applied to the synthetic voice, in dB."""
    room_dbfs: float = -60.0
    """RMS of the room noise."""
    hum_dbfs: float = -120.0
    """Level of mains hum."""
    has_cover: bool = False
    """Whether a picture is attached."""
    parts: tuple[Part, ...]
    """What is heard, in order."""


RECORDINGS = (
    Recording(
        path="episode 1.mp3",
        title="Episode 1: A quiet room",
        codec="libmp3lame",
        sample_rate=44_100,
        bit_rate=128_000,
        parts=(
            Music(6.0),
            Pause(0.7),
            Host("Welcome to the quiet room, a short show about recording the human voice."),
            Pause(0.45),
            Host("Today our reader brings five lines from an old novel."),
            Pause(0.9),
            Reader("0870"),
            Pause(0.6),
            Reader("0880"),
            Pause(0.4),
            Reader("0890"),
            Pause(0.8),
            Reader("0920"),
            Pause(0.5),
            Reader("0930"),
            Pause(1.1),
            Host("Notice how the room sounds the same from the first word to the last."),
            Pause(0.4),
            Host("Most of what we call a good microphone is really a good place to put it."),
            Pause(0.5),
            Host("So turn off the fan, close the window, and listen before you press record."),
            Pause(0.8),
            Music(5.0, fade_s=2.5),
        ),
    ),
    Recording(
        path="episode 2.m4a",
        title="Episode 2: Levels and cuts",
        codec="aac",
        sample_rate=44_100,
        bit_rate=96_000,
        reader_gain_db=-4.0,
        host_gain_db=0.0,
        room_dbfs=-63.0,
        has_cover=True,
        parts=(
            Chapter("Levels"),
            Music(4.0, fade_s=0.03),  # right before the first word
            Host("Leave some head room when you set the level, because nobody speaks evenly."),
            Pause(0.9),
            Reader("0920"),
            Pause(0.5),
            Reader("0870"),
            Pause(1.3),
            Chapter("Cuts"),
            Host("A click at the edge of a cut is easy to hear and easy to avoid."),
            Pause(0.7),
            Reader("0880"),
            Pause(0.3),
            Reader("0890"),
            Pause(0.6),
            Reader("0930"),
            Pause(0.9),
            Host("Cut in the pause, never in the word."),
            Pause(0.4),
            Host("A listener forgives a long breath sooner than half a syllable."),
            Pause(0.35),
            Host("That is all for today, so keep your takes short and your pauses long."),
            Pause(0.3),
            Music(4.0, fade_s=2.0),
        ),
    ),
    Recording(
        path="episode 3.wav",
        title="Episode 3: Out of the studio",
        codec="pcm_s24le",
        sample_rate=48_000,
        channels=1,
        reader_gain_db=-2.0,
        room_dbfs=-57.0,
        hum_dbfs=-60.0,
        parts=(
            Pause(0.6),
            Host("Every cable near a power supply hums a little."),
            Pause(0.7),
            Reader("0890"),
            Pause(0.6),
            Reader("0930"),
            Pause(0.5),
        ),
    ),
    Recording(
        path="extras/bonus.webm",
        title="Bonus: The pause",
        codec="libopus",
        sample_rate=48_000,
        bit_rate=48_000,
        reader_gain_db=1.0,
        parts=(
            Pause(0.5),
            Reader("0880"),
            Pause(0.5),
            Reader("0930"),
            Pause(0.8),
            Host("A good pause is worth as much as a good word."),
            Pause(0.7),
            Reader("0870"),
            Pause(0.45),
            Reader("0920"),
            Pause(0.8),
            Host("When two people speak at once, neither of them can be used."),
            Pause(0.6),
        ),
    ),
    Recording(
        path="extras/episode 1.mp3",
        title="Episode 1: Second try",
        codec="libmp3lame",
        sample_rate=22_050,
        channels=1,
        bit_rate=56_000,
        reader_gain_db=-3.0,
        host_gain_db=-1.0,
        room_dbfs=-66.0,
        parts=(
            Pause(0.4),
            Host("This is the second try, made on another day with another microphone."),
            Pause(0.8),
            Reader("0890"),
            Pause(0.5),
            Reader("0870"),
            Pause(0.9),
            Host("If a truck drives by, wait, and then say the whole sentence again."),
            Pause(0.6),
            Reader("0920"),
            Pause(0.7),
        ),
    ),
)
