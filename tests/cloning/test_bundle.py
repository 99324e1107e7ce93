"""audiokit.cloning.bundle: a voice in one file."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from audiokit.cloning.bundle import export_voice, import_voice
from audiokit.cloning.consent import Statement, put_on_record
from audiokit.cloning.entry import Consent, VoiceEntry, now
from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import Voice
from audiokit.errors import ConfigError, UsageError


@pytest.fixture
def book(tmp_path: Path) -> VoiceBook:
    """A book with a voice that has a folder and a spoken consent."""
    home = tmp_path / "home"
    folder = home / "voices" / "ann"
    (folder / "references").mkdir(parents=True)
    (folder / "latents.npz").write_bytes(b"latents")
    (folder / "references" / "1.wav").write_bytes(b"sound")
    (tmp_path / "agreed.wav").write_bytes(b"I agree")
    consent = put_on_record(Statement(recording=tmp_path / "agreed.wav"), [], "Ann", home)
    voice = Voice(name="Ann", provider="acme", voice_id="v1", folder=folder, settings={"speed": 1.1})
    made = VoiceBook(home)
    made.add(VoiceEntry(voice=voice, origin="local", created=now(), consent=consent))
    return made


@pytest.fixture
def other(tmp_path: Path) -> VoiceBook:
    return VoiceBook(tmp_path / "other")


def test_a_voice_arrives_whole(book: VoiceBook, other: VoiceBook, tmp_path: Path) -> None:
    entry = import_voice(other, export_voice(book, "ann", tmp_path / "ann.zip"))
    folder = other.home / "voices" / "ann"
    assert entry == replace(book.entry("Ann"), voice=replace(book.get("Ann"), folder=folder))
    assert other.entry("Ann") == entry
    assert (folder / "latents.npz").read_bytes() == b"latents"
    assert (folder / "references" / "1.wav").read_bytes() == b"sound"
    assert entry.consent is not None
    assert (other.home / entry.consent.recording).read_bytes() == b"I agree"
    assert list(other.home.rglob("*.part")) == []


def test_a_voice_without_files_is_an_entry(other: VoiceBook, tmp_path: Path) -> None:
    plain = VoiceBook(tmp_path / "plain")
    plain.add(VoiceEntry(voice=Voice(name="Ben", provider="acme", voice_id="v2"), origin="designed", created=now()))
    assert import_voice(other, export_voice(plain, "Ben", tmp_path / "ben.zip")) == plain.entry("Ben")


def test_it_can_be_called_something_else_beside_the_first(book: VoiceBook, tmp_path: Path) -> None:
    path = export_voice(book, "Ann", tmp_path / "ann.zip")
    with pytest.raises(UsageError, match="is there already"):
        import_voice(book, path)
    second = import_voice(book, path, "ANN 2!")
    third = import_voice(book, path, "Ann? 2")
    assert second.voice.folder == book.home / "voices" / "ann-2"
    assert third.voice.folder not in (None, second.voice.folder, book.get("Ann").folder)
    assert len(book) == 3


def test_nothing_is_overwritten(book: VoiceBook, tmp_path: Path) -> None:
    (tmp_path / "ann.zip").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        export_voice(book, "Ann", tmp_path / "ann.zip")
    assert (tmp_path / "ann.zip").read_text() == "mine"


def test_a_place_that_is_none_is_told(book: VoiceBook, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        export_voice(book, "Ann", tmp_path / "nowhere" / "ann.zip")


@pytest.mark.parametrize(
    "stored", ["../evil", "folder/../../evil", "/evil", "C:/evil", "folder\\..\\evil", "notes.txt"]
)
def test_a_file_that_would_leave_its_place_is_refused(
    stored: str, book: VoiceBook, other: VoiceBook, tmp_path: Path
) -> None:
    path = export_voice(book, "Ann", tmp_path / "ann.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(stored, "evil")
    with pytest.raises(UsageError, match="is no exported voice: it holds"):
        import_voice(other, path)
    assert not other.home.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is no exported voice"),
        ({}, "There is no item named 'voice.json'"),
        ({"voice.json": "{"}, "is no exported voice"),
        ({"voice.json": json.dumps({"format": 2})}, "format 2, this audiokit reads 1"),
        ({"voice.json": json.dumps({"format": 1, "voice": {}})}, "VoiceEntry with other fields"),
    ],
)
def test_what_is_no_exported_voice_is_refused(
    content: dict[str, str] | None, message: str, other: VoiceBook, tmp_path: Path
) -> None:
    path = tmp_path / "ann.zip"
    if content is None:
        path.write_text("words")
    else:
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in content.items():
                archive.writestr(name, text)
    with pytest.raises(UsageError, match=message):
        import_voice(other, path)
    assert len(other) == 0


def packed(path: Path, consent: Consent, content: dict[str, bytes]) -> Path:
    """Write an exported voice by hand, as anybody could."""
    voice = Voice(name="Eve", provider="acme", voice_id="v9")
    entry = VoiceEntry(voice=voice, origin="instant", created=now(), consent=consent)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("voice.json", json.dumps({"format": 1, "voice": entry.to_json(path.parent)}))
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def agreed(recording: str, data: bytes) -> Consent:
    sha256 = hashlib.sha256(data).hexdigest()
    return Consent(
        statement="I agree.", given=now(), voice="Eve", samples_sha256="",
        recording=recording.format(sha256[:16]), recording_sha256=sha256,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("recording", "stored"),
    [
        ("../secret.txt", {}),
        ("consent/{}.wav", {}),
        ("consent/agreed.wav", {"consent/agreed.wav": b"I agree"}),
        ("consent/{}.wav", {"consent/{}.wav": b"noise"}),
        ("folder/{}.wav", {"folder/{}.wav": b"I agree"}),
        ("consent/../consent/{}.wav", {}),
    ],
)
def test_a_consent_that_is_not_the_recording_it_names_is_refused(
    recording: str, stored: dict[str, bytes], other: VoiceBook, tmp_path: Path
) -> None:
    consent = agreed(recording, b"I agree")
    content = {name.format(consent.recording_sha256[:16]): data for name, data in stored.items()}
    with pytest.raises(UsageError, match=r"the consent's recording .* is missing, or not what was agreed"):
        import_voice(other, packed(tmp_path / "eve.zip", consent, content))
    assert not other.home.exists()


def test_no_recording_of_a_consent_is_ever_replaced(other: VoiceBook, tmp_path: Path) -> None:
    consent = agreed("consent/{}.wav", b"I agree")
    path = packed(tmp_path / "eve.zip", consent, {consent.recording: b"I agree"})
    kept = other.home / consent.recording
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"another")
    with pytest.raises(ConfigError, match="is there already, with other content"):
        import_voice(other, path)
    assert (kept.read_bytes(), len(other)) == (b"another", 0)
    kept.write_bytes(b"I agree")
    assert import_voice(other, path).consent == consent


@pytest.mark.parametrize("what", ["missing", "changed", "elsewhere"])
def test_a_recording_that_is_not_the_one_on_record_is_not_exported(what: str, book: VoiceBook, tmp_path: Path) -> None:
    entry = book.entry("Ann")
    assert entry.consent is not None
    if what == "missing":
        (book.home / entry.consent.recording).unlink()
    elif what == "changed":
        (book.home / entry.consent.recording).write_bytes(b"noise")
    else:
        book.update(replace(entry, consent=replace(entry.consent, recording="../agreed.wav")))
    words = "of the consent is missing" if what == "missing" else "is not the recording of the consent"
    with pytest.raises(ConfigError, match=words):
        export_voice(book, "Ann", tmp_path / "ann.zip")
    assert list(tmp_path.glob("ann.zip*")) == []


def test_an_encrypted_file_is_refused(book: VoiceBook, other: VoiceBook, tmp_path: Path) -> None:
    path = export_voice(book, "Ann", tmp_path / "ann.zip")
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # of each entry, and of its line in the directory
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(UsageError, match="is no exported voice: it is encrypted"):
        import_voice(other, path)


def test_a_damaged_file_is_refused_before_anything_is_written(
    book: VoiceBook, other: VoiceBook, tmp_path: Path
) -> None:
    path = export_voice(book, "Ann", tmp_path / "ann.zip")
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("folder/latents.npz").header_offset
    data = bytearray(path.read_bytes())
    data[start + 30 + len("folder/latents.npz") + 3] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(UsageError, match="is no exported voice"):
        import_voice(other, path)
    assert not other.home.exists()


def test_a_voice_that_cannot_be_entered_leaves_no_folder(
    book: VoiceBook, other: VoiceBook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: VoiceBook, entry: object) -> None:
        raise ConfigError("locked")

    path = export_voice(book, "Ann", tmp_path / "ann.zip")
    monkeypatch.setattr(VoiceBook, "add", fail)
    with pytest.raises(ConfigError, match="locked"):
        import_voice(other, path)
    assert list((other.home / "voices").iterdir()) == []
