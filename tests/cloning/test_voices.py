"""audiokit.cloning.voices and audiokit.cloning.entry: the book of voices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from audiokit import config
from audiokit.cloning.entry import Consent, SampleRecord, VoiceEntry, samples_sha256
from audiokit.cloning.voices import VoiceBook, checked_name
from audiokit.contracts import Voice
from audiokit.disk import file_sha256
from audiokit.errors import ConfigError, UsageError, VoiceNotFoundError


def entry(name: str = "Reader", **changes: object) -> VoiceEntry:
    voice = Voice(name=name, provider="acme", voice_id=f"id-{name}", labels={"accent": "calm"}, settings={"speed": 1.5})
    return replace(VoiceEntry(voice=voice, origin="instant", created="2026-11-02T10:00:00+00:00"), **changes)


@pytest.fixture
def book(tmp_path: Path) -> VoiceBook:
    return VoiceBook(tmp_path)


def test_the_book_lies_in_the_home_folder() -> None:
    assert VoiceBook().path == config.home() / "voices.json"


def test_an_empty_home_has_an_empty_book(book: VoiceBook) -> None:
    assert (len(book), book.list(), "Reader" in book) == (0, [], False)


def test_all_that_is_entered_is_read_back(book: VoiceBook) -> None:
    sample = SampleRecord(name="a.wav", sha256="ab", duration_s=61.5)
    consent = Consent(
        statement="I agree.", given="2026-11-02T09:00:00+00:00", voice="Reader", samples_sha256="cd",
        recording="consent/1.wav", recording_sha256="ef",
    )  # fmt: skip
    written = entry(samples=(sample,), consent=consent, state="training")
    book.add(written)
    assert VoiceBook(book.home).entry("Reader") == written
    assert book.get("reader ") == written.voice


def test_a_folder_in_the_home_moves_with_it(book: VoiceBook, tmp_path: Path) -> None:
    inside, outside = tmp_path / "voices" / "reader", Path("/elsewhere/reader")
    for name, folder in (("In", inside), ("Out", outside)):
        book.add(entry(name, voice=replace(entry(name).voice, folder=folder)))
    moved = tmp_path.with_name("moved")
    tmp_path.rename(moved)
    assert VoiceBook(moved).get("In").folder == moved / "voices" / "reader"
    assert VoiceBook(moved).get("Out").folder == outside


def test_voices_are_listed_by_name(book: VoiceBook) -> None:
    for name in ("beta", "Alpha", "gamma"):
        book.add(entry(name))
    assert [one.voice.name for one in book] == ["Alpha", "beta", "gamma"]


def test_a_name_is_given_once(book: VoiceBook) -> None:
    book.add(entry())
    with pytest.raises(
        UsageError, match=r"'Reader' is there already \(acme, made 2026-11-02\).*voices delete 'Reader'"
    ):
        book.add(entry("READER"))
    with pytest.raises(UsageError, match="is there already"):
        book.check_free("reader")


def test_an_unknown_name_gets_the_nearest(book: VoiceBook) -> None:
    with pytest.raises(VoiceNotFoundError, match="there is none yet; make one with audiokit clone"):
        book.get("Reader")
    book.add(entry())
    nearest = r"no voice is named 'Raeder'; there are: Reader\. Did you mean 'Reader'\?"
    with pytest.raises(VoiceNotFoundError, match=nearest):
        book.get("Raeder")


def test_removing_forgets_one(book: VoiceBook) -> None:
    book.add(entry())
    book.add(entry("Other"))
    assert book.remove("reader").voice.name == "Reader"
    assert [one.voice.name for one in book] == ["Other"]


def test_renaming_keeps_everything_else(book: VoiceBook) -> None:
    book.add(entry())
    assert book.rename("reader", "Storyteller").voice.voice_id == "id-Reader"
    assert [one.voice.name for one in book] == ["Storyteller"]
    assert book.rename("storyteller", "STORYTELLER").voice.name == "STORYTELLER"


def test_renaming_takes_no_name_from_another(book: VoiceBook) -> None:
    book.add(entry())
    book.add(entry("Other"))
    with pytest.raises(UsageError, match="'Other' is there already"):
        book.rename("Reader", "other")
    assert len(book) == 2


def test_updating_replaces_and_never_adds(book: VoiceBook) -> None:
    book.add(entry(state="training"))
    book.update(entry(state="ready"))
    assert book.entry("Reader").state == "ready"
    with pytest.raises(VoiceNotFoundError, match="no voice is named 'Other'"):
        book.update(entry("Other"))


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101])
def test_what_is_no_name_is_refused(name: str, book: VoiceBook) -> None:
    with pytest.raises(UsageError, match="is no name for a voice"):
        book.add(entry(name))
    assert checked_name(" Ärzte & Co ") == "Ärzte & Co"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ('{"format": 2, "voices": []}', "format 2, this audiokit reads 1; a newer one wrote it"),
        ('{"format": 1, "voices": [{"voice": {}}]}', "VoiceEntry with other fields than expected"),
    ],
)
def test_a_damaged_book_is_neither_read_nor_overwritten(text: str, message: str, book: VoiceBook) -> None:
    book.path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        book.list()
    with pytest.raises(ConfigError, match=message):
        book.add(entry())
    assert book.path.read_text() == text


@pytest.mark.parametrize(("field", "value"), [("origin", "stolen"), ("state", "asleep")])
def test_a_word_that_means_nothing_is_refused(field: str, value: str, book: VoiceBook) -> None:
    book.add(entry())
    data = json.loads(book.path.read_text())
    data["voices"][0][field] = value
    book.path.write_text(json.dumps(data))
    with pytest.raises(ConfigError, match=f"{field} is '{value}'; expected one of"):
        book.list()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may write everywhere")
def test_a_home_that_cannot_be_written_is_told(book: VoiceBook) -> None:
    book.home.chmod(0o500)
    with pytest.raises(ConfigError, match="Set AUDIOKIT_HOME elsewhere"):
        book.add(entry())
    book.home.chmod(0o700)


def test_a_file_in_the_place_of_the_home_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(ConfigError, match="Set AUDIOKIT_HOME elsewhere"):
        VoiceBook(tmp_path / "home").add(entry())


@pytest.mark.process
def test_many_processes_lose_no_voice(book: VoiceBook) -> None:
    script = (
        "import sys; from audiokit.cloning.voices import VoiceBook; "
        "from audiokit.cloning.entry import VoiceEntry, now; "
        "from audiokit.contracts import Voice; home, number = sys.argv[1:]; "
        "[VoiceBook(home).add(VoiceEntry(voice=Voice(name=f'{number}-{at}', provider='acme', voice_id='x'), "
        "origin='local', created=now())) for at in range(10)]"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(book.home), str(number)]) for number in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    assert len(book) == 40
    assert list(book.home.glob("*.part")) == []


def test_a_set_of_samples_has_one_hash_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"abc")
    assert file_sha256(tmp_path / "a.wav").startswith("ba7816bf")
    one, two = (SampleRecord(name=name, sha256=name, duration_s=1) for name in "ab")
    assert samples_sha256([one, two]) == samples_sha256([two, one]) != samples_sha256([one])
