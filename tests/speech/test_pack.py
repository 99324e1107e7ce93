from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiokit.errors import AudioFileError, CacheError, UsageError
from audiokit.speech.cache import CacheSettings, SpeechCache
from audiokit.speech.entry import packed
from audiokit.speech.pack import Imported, export_pack, import_pack
from audiokit.speech.subtitles import Cue
from audiokit.speech.to_file import check_free, copy_with_chapters, write_srt
from tests.speech.test_cache import entry_for


def cache_in(folder: Path) -> SpeechCache:
    return SpeechCache(CacheSettings(folder=folder))


def test_a_pack_carries_everything(tmp_path: Path) -> None:
    here, there = cache_in(tmp_path / "here"), cache_in(tmp_path / "there")
    entries = [entry_for(text) for text in ("one", "two")]
    for entry in entries:
        here.put(entry)
    assert export_pack(here, tmp_path / "pack.zip") == 2
    there.put(entries[0])
    assert import_pack(there, tmp_path / "pack.zip") == Imported(new=1, known=1, refused=0)
    assert [there.get(entry.request) for entry in entries] == entries


def test_a_hostile_pack_brings_only_what_is_sound(tmp_path: Path) -> None:
    entry, folder = entry_for("good"), tmp_path / "deep" / "cache"
    key = entry.request.key
    with zipfile.ZipFile(tmp_path / "pack.zip", "w") as pack:
        pack.writestr(f"speech/{key}.speech", packed(entry))
        pack.writestr("../../escaped.txt", "out")
        pack.writestr(f"speech/../{key}.speech", packed(entry))
        pack.writestr(f"speech/{'0' * 64}.speech", packed(entry))
        pack.writestr(f"speech/{'1' * 64}.speech", b"damaged")
    assert import_pack(cache_in(folder), tmp_path / "pack.zip") == Imported(new=1, known=0, refused=4)
    assert not list(tmp_path.rglob("escaped.txt"))


def test_sound_that_cannot_be_decoded_and_damaged_members_are_refused(tmp_path: Path) -> None:
    entry, deflated = entry_for("good"), entry_for("deflated")
    head = replace(entry, encoding="flac", sound=flac_that_breaks_off(), frames=16_000)
    with zipfile.ZipFile(tmp_path / "pack.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(f"speech/{deflated.request.key}.speech", packed(deflated))
        pack.writestr(f"speech/{entry.request.key}.speech", packed(head))
    data = bytearray((tmp_path / "pack.zip").read_bytes())
    start = 30 + len(f"speech/{deflated.request.key}.speech")  # behind the first member's header
    data[start : start + 40] = b"\xff" * 40
    (tmp_path / "pack.zip").write_bytes(data)
    cache = cache_in(tmp_path / "cache")
    assert import_pack(cache, tmp_path / "pack.zip") == Imported(new=0, known=0, refused=2)
    assert cache.stats().entries == 0


def flac_that_breaks_off() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.random.default_rng(1).normal(0, 0.1, 16_000), 16_000, format="FLAC")
    return file.getvalue()[: len(file.getvalue()) // 2]


def test_a_pack_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CacheError, match="cannot be written"):
        export_pack(cache_in(tmp_path / "c"), tmp_path / "none" / "pack.zip")
    (tmp_path / "folder").mkdir()
    with pytest.raises(CacheError):
        export_pack(cache_in(tmp_path / "c"), tmp_path / "folder")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder"]


def test_places_are_checked_before_anything_is_made(tmp_path: Path) -> None:
    check_free([tmp_path / "a.wav", None, tmp_path / "a.srt", tmp_path / "A.SRT"], force=False)
    (tmp_path / "a.srt").touch()
    with pytest.raises(UsageError, match="there already"):
        check_free([tmp_path / "a.srt"], force=False)
    check_free([tmp_path / "a.srt"], force=True)


def test_subtitles_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(AudioFileError, match=r"a\.srt"):
        write_srt(tmp_path / "none" / "a.srt", [Cue(start_s=0.0, end_s=1.0, text="Hi")])


def test_what_is_no_recording_gets_no_marks(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_text("no sound", "utf-8")
    with pytest.raises(AudioFileError, match="cannot be written with its chapters"):
        copy_with_chapters(tmp_path / "a.mp3", tmp_path / "b.mp3", [("One", 0.0, 1.0)])
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp3"]
