"""audiokit.cloning.consent: no clone without the speaker's agreement."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from audiokit.audio.files import write
from audiokit.cloning.consent import Statement, check_given, check_spoken_by, put_on_record
from audiokit.cloning.entry import SampleRecord, samples_sha256
from audiokit.disk import file_sha256
from audiokit.errors import AudioFileError, SampleError, UsageError
from tests.cloning.makers import PitchEncoder, tone

SAMPLES = [SampleRecord(name="sample_01.wav", sha256="ab", duration_s=61)]
READER = PitchEncoder().embed(tone(100, 3))


def spoken(folder: Path, pitch_hz: float = 100, duration_s: float = 3) -> Path:
    path = folder / "agreed.WAV"
    write(path, tone(pitch_hz, duration_s))
    return path


@pytest.mark.parametrize("text", ["", "   "])
def test_without_a_statement_nothing_goes_on(text: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no consent on record for 'Ann'") as error:
        check_given(Statement(text=text), "Ann")
    assert error.value.exit_code == 2
    with pytest.raises(UsageError):
        put_on_record(Statement(text=text), SAMPLES, "Ann", tmp_path)


def test_a_written_statement_is_kept_with_time_name_and_samples(tmp_path: Path) -> None:
    before = datetime.now(tz=UTC).replace(microsecond=0)
    consent = put_on_record(Statement(text=" I agree. "), SAMPLES, "Ann", tmp_path)
    assert (consent.statement, consent.voice, consent.recording) == ("I agree.", "Ann", "")
    assert consent.samples_sha256 == samples_sha256(SAMPLES)
    assert before <= datetime.fromisoformat(consent.given) <= datetime.now(tz=UTC)


def test_a_spoken_statement_is_copied_under_its_hash(tmp_path: Path) -> None:
    recording = spoken(tmp_path)
    consent = put_on_record(Statement(recording=recording), SAMPLES, "Ann", tmp_path / "home")
    kept = tmp_path / "home" / consent.recording
    recording.unlink()
    assert kept.suffix == ".wav"
    assert consent.recording_sha256 == file_sha256(kept)
    assert consent.statement == "spoken: agreed.WAV"
    assert list(kept.parent.glob("*.part")) == []


def test_a_statement_of_the_same_voice_is_accepted(tmp_path: Path) -> None:
    check_spoken_by(spoken(tmp_path), READER, PitchEncoder())


@pytest.mark.parametrize(
    ("pitch_hz", "duration_s", "message"),
    [
        (200, 3, r"agreed\.WAV: the statement is spoken by another voice than the samples \(similarity 0\.00"),
        (100, 1.5, r"agreed\.WAV: 1\.5 s, a spoken statement takes at least 2 s"),
    ],
)
def test_a_statement_of_somebody_else_or_of_nothing_is_refused(
    pitch_hz: float, duration_s: float, message: str, tmp_path: Path
) -> None:
    with pytest.raises(SampleError, match=message):
        check_spoken_by(spoken(tmp_path, pitch_hz, duration_s), READER, PitchEncoder())


def test_a_statement_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "agreed.wav").write_text("I agree.")
    with pytest.raises(AudioFileError):
        check_spoken_by(tmp_path / "agreed.wav", READER, PitchEncoder())
