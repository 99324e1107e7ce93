"""audiokit.spoken: say, narrate and stream_speech, with the offline voice."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import audiokit
from audiokit.audio.buffer import Audio
from audiokit.audio.files import info, read
from audiokit.cloning.entry import VoiceEntry
from audiokit.cloning.voices import VoiceBook
from audiokit.contracts import Voice
from audiokit.errors import AudioFileError, ConfigError, MissingKeyError, ProviderUnavailable, UsageError
from audiokit.speech import to_file
from audiokit.speech.shared_store import MOST_UNWRITTEN, SharedStore
from audiokit.speech.speaking import SaySettings
from audiokit.speech.subtitles import Cue
from audiokit.speech.usage import UsageCounter
from audiokit.spoken import narrate, say, stream_speech, warm

pytestmark = pytest.mark.model

BOOK = "# One\n\nThe **first** part.\n\n# Two\n\nThe second part."


def test_say_gives_audio_and_says_it_again_for_nothing() -> None:
    usage = UsageCounter()
    first = say("Hello there. How are you?", usage=usage)
    second = say("Hello there. How are you?", usage=usage)
    assert 1.0 < first.duration_s < 3.0
    np.testing.assert_allclose(second.samples, first.samples, atol=1e-4)
    assert usage.total("characters") == usage.total("cached_characters") == len("Hello there.How are you?")


def test_without_the_cache_it_is_made_anew() -> None:
    usage = UsageCounter()
    for _ in range(2):
        say("Hello.", settings=SaySettings(cache=False), usage=usage)
    assert usage.total("characters") == 12
    assert usage.total("cached_characters") == 0


def test_the_whole_goes_into_a_file_with_subtitles(tmp_path: Path) -> None:
    text = "Hello there. How are you?\n\nI am well."
    out = say(text, out=tmp_path / "hello.mp3", srt=tmp_path / "hello.srt")
    assert out == tmp_path / "hello.mp3"
    assert read(out).duration_s == pytest.approx(say(text).duration_s, abs=0.1)
    assert (tmp_path / "hello.srt").read_text("utf-8").count("-->") == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hello.mp3", "hello.srt"]


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="there already"):
        say("Hello.", out=tmp_path / "a.wav")
    assert info(say("Hello.", out=tmp_path / "a.wav", force=True)).sample_rate == 24_000


def test_a_format_nobody_can_write_is_refused_before_anything_is_spoken(tmp_path: Path) -> None:
    usage = UsageCounter()
    with pytest.raises(AudioFileError):
        say("Hello.", out=tmp_path / "a.xyz", usage=usage)
    assert usage.usages() == []


def test_numbers_are_words_only_when_that_is_asked_for() -> None:
    usage = UsageCounter()
    say("It costs $5.", usage=usage)
    assert usage.total("characters") == len("It costs $5.")
    say("It costs $5.", settings=SaySettings(normalize_text=True), usage=usage)
    assert usage.total("characters") == len("It costs $5.") + len("It costs five dollars.")


def test_a_voice_is_looked_up_in_the_book_and_then_taken_as_the_providers_own() -> None:
    ann = Voice(name="Ann", provider="hibari", voice_id="heart")
    VoiceBook().add(VoiceEntry(voice=ann, origin="local", created="2026-01-01T00:00:00Z"))
    hello = say("Hello.").frames
    assert [say("Hello.", voice=name).frames for name in ("ann", "hibari:", "hibari:heart", "heart")] == [hello] * 4


def test_a_voice_of_another_provider_is_refused() -> None:
    with pytest.raises(UsageError, match="belongs to elevenlabs"):
        say("Hello.", voice=Voice(name="Ann", provider="elevenlabs", voice_id="x"),
            settings=SaySettings(provider="hibari"))  # fmt: skip


def test_a_fallback_speaks_when_the_first_has_no_key(caplog: pytest.LogCaptureFixture) -> None:
    spoken = say("Hello.", settings=SaySettings(provider="elevenlabs", fallback=("hibari",)))
    assert spoken.frames == say("Hello.").frames
    assert "ELEVENLABS_API_KEY" in caplog.text
    with pytest.raises(MissingKeyError):
        say("Hello.", settings=SaySettings(provider="elevenlabs"))


def test_an_unknown_provider_or_model_is_refused() -> None:
    with pytest.raises(ConfigError, match="nobody"):
        say("Hello.", settings=SaySettings(provider="nobody"))
    with pytest.raises(ConfigError, match="nobody"):
        say("Hello.", settings=SaySettings(fallback=("nobody",)))
    with pytest.raises(ConfigError, match="model"):
        say("Hello.", settings=SaySettings(model="large"))


def test_settings_go_to_the_first_provider(caplog: pytest.LogCaptureFixture) -> None:
    quick = say("Hello there.", settings=SaySettings(provider_settings={"speed": 1.5}))
    assert quick.duration_s < 0.85 * say("Hello there.").duration_s
    with pytest.raises(ConfigError, match="takes no setting 'haste'"):
        say("Hello.", settings=SaySettings(provider_settings={"haste": 2}, fallback=("hibari",)))
    mixed = SaySettings(provider="elevenlabs", provider_settings={"words": True}, fallback=("hibari",))
    assert say("Hello.", settings=mixed).frames == say("Hello.").frames


def test_a_fallback_speaks_when_the_first_is_set_up_wrongly(caplog: pytest.LogCaptureFixture) -> None:
    unusable = SaySettings(provider_settings={"speed": 99}, fallback=("hibari",))
    assert say("Hello.", settings=unusable).frames == say("Hello.").frames
    assert "hibari cannot be used" in caplog.text


def test_lines_with_nothing_to_say_are_not_warmed() -> None:
    usage = UsageCounter()
    warm(["---", "Hello."], usage=usage)
    assert usage.total("characters") == len("Hello.")


def test_all_that_is_warmed_comes_to_a_slow_shared_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = SharedStore._write

    def slowly(store: SharedStore, key: str, data: bytes) -> None:
        time.sleep(0.005)
        write(store, key, data)

    lines = [f"{number}" for number in range(MOST_UNWRITTEN + 6)]
    warm(lines, settings=SaySettings())
    monkeypatch.setattr(SharedStore, "_write", slowly)
    warm(lines, settings=SaySettings(shared=(tmp_path / "shared").as_uri()))
    assert len(list((tmp_path / "shared").rglob("*.speech"))) == len(lines)


def test_a_stream_of_pieces_is_spoken_clause_by_clause() -> None:
    usage = UsageCounter()
    chunks = list(stream_speech(iter(["Sure, he", "re it is. ", "Done."]), usage=usage))
    assert sum(chunk.duration_s for chunk in chunks) > 1.0
    assert usage.total("characters") == len("Sure,here it is.Done.")
    with pytest.raises(UsageError, match="nothing to say"):
        list(stream_speech("..."))


@pytest.mark.parametrize("name", ["book.m4b", "book.mp3"])
def test_a_book_becomes_one_file_with_marks(tmp_path: Path, name: str) -> None:
    (path,) = narrate(BOOK, tmp_path / name)
    with av.open(str(path)) as file:
        marks = [(mark["metadata"]["title"], mark["start"] * mark["time_base"]) for mark in file.chapters()]
    assert [title for title, _ in marks] == ["One", "Two"]
    whole = Audio.read(path)
    assert 0.5 < float(marks[1][1]) < whole.duration_s
    assert list(tmp_path.iterdir()) == [path]


def test_a_book_becomes_a_file_for_each_chapter(tmp_path: Path) -> None:
    usage = UsageCounter()
    paths = narrate(BOOK, tmp_path / "book", extension="mp3", usage=usage)
    assert [path.name for path in paths] == ["01 One.mp3", "02 Two.mp3"]
    assert all(read(path).duration_s > 0.5 for path in paths)
    assert usage.total("characters") == len("OneThe first part.TwoThe second part.")


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """What was written of a book that stopped at its second chapter, and what is written from then on."""
    written: list[Path] = []
    write = to_file.write_speech

    def written_one(path: Path, *arguments: Any) -> list[Cue]:
        written.append(path)
        return write(path, *arguments)

    def stopped(path: Path, *arguments: Any) -> list[Cue]:
        if written:
            raise ProviderUnavailable("away", provider="hibari")
        return written_one(path, *arguments)

    monkeypatch.setattr(to_file, "write_speech", stopped)
    with pytest.raises(ProviderUnavailable):
        narrate(BOOK, tmp_path / "book", extension="flac")
    monkeypatch.setattr(to_file, "write_speech", written_one)
    return written


def test_an_interrupted_book_goes_on_with_the_chapter_it_stopped_at(tmp_path: Path, interrupted: list[Path]) -> None:
    assert [path.name for path in (tmp_path / "book").iterdir()] == [".part"]
    first = interrupted[0].read_bytes()
    paths = narrate(BOOK, tmp_path / "book", extension="flac")
    assert len(interrupted) == 2
    assert paths[0].read_bytes() == first
    assert sorted((tmp_path / "book").iterdir()) == paths


@pytest.mark.parametrize(
    ("text", "settings"),
    [(BOOK.replace("first", "last"), SaySettings()), (BOOK, SaySettings(provider_settings={"speed": 1.2}))],
)
def test_a_chapter_that_is_another_one_by_now_is_made_anew(
    tmp_path: Path, interrupted: list[Path], text: str, settings: SaySettings
) -> None:
    narrate(text, tmp_path / "book", extension="flac", settings=settings)
    assert len(interrupted) == 3


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "book").touch()
    with pytest.raises(AudioFileError, match="no folder to write to"):
        narrate(BOOK, tmp_path / "book")


COVERS = ["---\n\n", "![](cover.png)\n\n", "---\ntitle: A Book\n---\n\n"]


@pytest.mark.parametrize("cover", COVERS)
def test_what_has_nothing_to_say_is_no_chapter(tmp_path: Path, cover: str) -> None:
    paths = narrate(f"{cover}{BOOK}\n\n# ![](map.png)\n", tmp_path / "book", extension="wav")
    assert [path.name for path in paths] == ["01 One.wav", "02 Two.wav"]


@pytest.mark.parametrize(("text", "name"), [("", "book.mp3"), ("---\n\n![](a.png)", "book.mp3"), (BOOK, "book.wav")])
def test_a_book_without_text_or_place_for_marks_is_refused(tmp_path: Path, text: str, name: str) -> None:
    with pytest.raises(UsageError):
        narrate(text, tmp_path / name)


def test_the_verbs_are_public() -> None:
    assert (audiokit.say, audiokit.stream_speech, audiokit.narrate) == (say, stream_speech, narrate)
