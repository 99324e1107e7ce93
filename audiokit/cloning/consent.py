"""No clone without the speaker's agreement, written or spoken, kept with the voice."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audiokit.analysis.speaker import similarity
from audiokit.audio.files import read
from audiokit.cloning.entry import Consent, SampleRecord, now, samples_sha256
from audiokit.contracts import Embedding, SpeakerEncoder
from audiokit.disk import file_sha256, whole_file
from audiokit.errors import SampleError, UsageError

SHORTEST_S = 2.0  # less says no sentence, and nothing about who speaks
ANOTHER_VOICE = 0.62  # a statement is spoken into another microphone, so less alike than samples are to each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What somebody declares; nothing is on record yet."""

    text: str = ""
    """In words."""
    recording: Path | None = None
    """Spoken by the owner of the voice."""

    @property
    def is_given(self) -> bool:
        """There is a statement at all."""
        return bool(self.text.strip()) or self.recording is not None


def check_given(statement: Statement, name: str) -> None:
    """Refuse to go on without a statement.

    Raises
    ------
    UsageError : there is none.
    """
    if not statement.is_given:
        raise UsageError(
            f"no consent on record for {name!r}: a voice may be cloned only if its speaker agreed. State who agreed, "
            'and how: --consent "I am the speaker and agree to ...", or give a spoken statement: '
            "--consent-recording FILE"
        )


def check_spoken_by(recording: Path, voice: Embedding, encoder: SpeakerEncoder) -> None:
    """Refuse a statement that somebody else speaks.

    Parameters
    ----------
    recording : the spoken statement.
    voice : of the samples, made by `encoder`.
    encoder : tells voices apart.

    Raises
    ------
    AudioFileError : it cannot be read.
    SampleError : it is too short, or of another voice.
    """
    statement = read(recording)
    if statement.duration_s < SHORTEST_S:
        raise SampleError(
            f"{recording.name}: {statement.duration_s:.1f} s, a spoken statement takes at least {SHORTEST_S:g} s. "
            "Record a whole sentence, such as: I agree that my voice is cloned."
        )
    alike = similarity(encoder.embed(statement), voice)
    if alike < ANOTHER_VOICE:
        raise SampleError(
            f"{recording.name}: the statement is spoken by another voice than the samples (similarity {alike:.2f}, "
            f"one voice has {ANOTHER_VOICE:g} or more). Let the owner of the voice speak it."
        )


def put_on_record(statement: Statement, samples: Sequence[SampleRecord], name: str, home: Path) -> Consent:
    """Make a consent that is kept: with the time, for these samples and this voice.

    Parameters
    ----------
    statement : written, spoken or both; a recording is copied into the home folder.
    samples : what the voice is made of.
    name : of the voice.
    home : see `VoiceBook.home`.

    Raises
    ------
    UsageError : there is no statement.
    """
    check_given(statement, name)
    kept, sha256 = _kept(statement.recording, home) if statement.recording else ("", "")
    return Consent(
        statement=statement.text.strip() or f"spoken: {Path(statement.recording or '').name}",
        given=now(),
        voice=name,
        samples_sha256=samples_sha256(samples),
        recording=kept,
        recording_sha256=sha256,
    )


def _kept(recording: Path, home: Path) -> tuple[str, str]:
    """Copy a recording under its hash; give its place, relative to the home, and the hash."""
    sha256 = file_sha256(recording)
    place = place_of(sha256, recording.suffix.lower())
    target = home / place
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as part:
        shutil.copyfile(recording, part)
    return place, sha256


def place_of(sha256: str, suffix: str) -> str:
    """Say where a recording of this hash is kept, relative to the home folder."""
    return f"consent/{sha256[:16]}{suffix}"
