"""audiokit.dataset.scan."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from audiokit.dataset.scan import scan, source_id
from audiokit.errors import AudioFileError

SHA256 = "0123456789abcdef" * 4


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


def make(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def names(*sources: str, out: str = "out") -> list[str]:
    return [found.name for found in scan(sources, Path(out))]


def test_a_folder_gives_its_recordings_and_those_of_its_folders_sorted(folder: Path) -> None:
    make("talks/b.mp3", "talks/a.wav", "talks/deep/er/c.flac", "talks/notes.txt", "talks/cover.jpg")
    assert names("talks") == ["talks/a.wav", "talks/b.mp3", "talks/deep/er/c.flac"]


def test_the_current_folder_gives_plain_names(folder: Path) -> None:
    make("a.wav", "deep/b.wav")
    assert names(".") == ["a.wav", "deep/b.wav"]


@pytest.mark.parametrize("name", ["a.WAV", "a.b.Mp3", "a.m4b", "a.opus", "a.webm", "a.aiff"])
def test_a_suffix_counts_in_any_case(folder: Path, name: str) -> None:
    make(f"talks/{name}")
    assert names("talks") == [f"talks/{name}"]


def test_hidden_files_and_folders_are_left_out(folder: Path) -> None:
    make("talks/.hidden.wav", "talks/._a.wav", "talks/.trash/b.wav", "talks/a.wav")
    assert names("talks") == ["talks/a.wav"]


def test_a_file_that_is_named_itself_is_tried_whatever_its_name(folder: Path) -> None:
    make("recording", ".hidden", "video.xyz")
    assert names("recording", ".hidden", "video.xyz") == [".hidden", "recording", "video.xyz"]


def test_a_path_object_is_a_source(folder: Path) -> None:
    make("a.wav")
    assert [found.name for found in scan([Path("a.wav")], Path("out"))] == ["a.wav"]


def test_found_paths_are_absolute(folder: Path) -> None:
    make("a.wav")
    assert [found.path for found in scan(["a.wav"], Path("out"))] == [folder.resolve() / "a.wav"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.wav", ["a.wav"]),
        ("deep/?.mp3", ["deep/b.mp3"]),
        ("**/*.mp3", ["deep/b.mp3", "deep/er/c.mp3"]),
        ("d*", ["deep/b.mp3", "deep/er/c.mp3"]),
        ("[ab].wav", ["a.wav"]),
    ],
)
def test_a_glob_gives_what_it_matches(folder: Path, pattern: str, expected: list[str]) -> None:
    make("a.wav", "deep/b.mp3", "deep/er/c.mp3")
    assert names(pattern) == expected


@pytest.mark.parametrize("name", ["[a].mp3", "what?.mp3", "stars ***.mp3"])
def test_a_file_whose_name_looks_like_a_glob_is_meant_itself(folder: Path, name: str) -> None:
    make(name, "a.mp3", "whats.mp3")
    assert names(name) == [name]


@pytest.mark.parametrize(
    "name", ["naïve 日本.wav", "two\nlines.wav", "line\u2028separator.wav", "tab\t|pipe.wav", "-.wav"]
)
def test_any_name_that_is_text_is_kept(folder: Path, name: str) -> None:
    make(f"talks/{name}")
    assert names("talks") == [f"talks/{name}"]


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text_stay_apart_and_can_be_written_down(folder: Path) -> None:
    for name in (b"a\xfe.wav", b"a\xff.wav"):
        with open(name, "wb"):
            pass
    found = scan(["."], Path("out"))
    assert [one.name for one in found] == ["a\\xfe.wav", "a\\xff.wav"]
    assert "".join(one.name for one in found).encode()
    assert [os.fsencode(one.path.name) for one in found] == [b"a\xfe.wav", b"a\xff.wav"]


@pytest.mark.parametrize("source", ["nowhere", "nowhere.wav", "*.wav", "[", ""])
def test_a_source_that_is_not_there_is_refused(folder: Path, source: str) -> None:
    with pytest.raises(AudioFileError, match=f"^{re.escape(source)}: nothing there") as caught:
        scan([source], Path("out"))
    assert caught.value.reason == "missing"


def test_a_folder_without_recordings_gives_none(folder: Path) -> None:
    make("talks/notes.txt")
    assert names("talks") == []


def test_a_file_given_twice_comes_once_by_its_first_name(folder: Path) -> None:
    make("talks/a.wav")
    assert names("talks/../talks/a.wav", "talks", str(folder / "talks" / "a.wav")) == ["talks/../talks/a.wav"]


def test_a_link_and_its_file_are_one_recording(folder: Path) -> None:
    make("talks/b.wav")
    Path("talks/a.wav").symlink_to("b.wav")
    found = scan(["talks"], Path("out"))
    assert [(one.name, one.path.name) for one in found] == [("talks/a.wav", "b.wav")]


def test_a_link_to_nowhere_is_listed_to_be_told_of_later(folder: Path) -> None:
    make("talks/a.wav")
    Path("talks/gone.wav").symlink_to("nowhere.wav")
    assert names("talks") == ["talks/a.wav", "talks/gone.wav"]


def test_a_link_to_itself_is_listed_to_be_told_of_later(folder: Path) -> None:
    make("talks/a.wav")
    Path("talks/loop.wav").symlink_to("loop.wav")
    assert names("talks") == ["talks/a.wav", "talks/loop.wav"]


def test_a_folder_linked_into_itself_is_searched_once(folder: Path) -> None:
    make("talks/a.wav")
    Path("talks/again").symlink_to(".", target_is_directory=True)
    assert names("talks") == ["talks/a.wav"]
    assert len(names("**/*.wav")) == 1


def test_a_linked_folder_that_is_named_itself_is_searched(folder: Path) -> None:
    make("talks/a.wav")
    Path("linked").symlink_to("talks", target_is_directory=True)
    assert names("linked") == ["linked/a.wav"]


@pytest.mark.parametrize(
    "source", [".", "season", "**/*.wav", "season/out", "season/out/clips", "season/out/clips/c.wav"]
)
def test_what_lies_in_out_is_no_source(folder: Path, source: str) -> None:
    make("season/a.wav", "season/out/clips/c.wav", "season/out/d.wav", "season/outtakes/b.wav")
    assert set(names(source, out="season/out")) <= {"season/a.wav", "season/outtakes/b.wav"}


def test_an_out_inside_a_source_costs_no_recording_beside_it(folder: Path) -> None:
    make("season/a.wav", "season/out/clips/c.wav", "season/outtakes/b.wav")
    assert names("season", out="season/out") == ["season/a.wav", "season/outtakes/b.wav"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("talks/Episode 1.mp3", "episode-1"),
        ("Ünïcödé & Co.wav", "unicode-co"),
        ("日本.wav", "recording"),
        ("---.wav", "recording"),
        ("a.b.c.wav", "a-b-c"),
        ("two\nlines/..\\..\\up.wav", "up"),
        ("x" * 300 + ".wav", "x" * 40),
        ("y" * 39 + " z.wav", "y" * 39),
        ("[red] 100%|$(rm).wav", "red-100-rm"),
    ],
)
def test_a_recordings_id_is_safe_as_a_file_name(name: str, slug: str) -> None:
    assert source_id(name, SHA256) == f"{slug}-01234567"


def test_recordings_of_one_name_have_ids_by_their_content() -> None:
    assert source_id("a/talk.wav", SHA256) != source_id("b/talk.wav", SHA256[::-1])
