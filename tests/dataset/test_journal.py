"""audiokit.dataset.journal."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from audiokit.dataset.journal import Journal

NAMES = ["plain", "line\u2028separator", "next\x85line", 'tab\tnewline\nreturn\rquote"', "naïve 日本 🎙", ""]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def test_a_journal_without_a_file_is_empty(path: Path) -> None:
    assert Journal(path).get("clips", "a") is None
    assert not path.exists()


def test_an_empty_file_is_an_empty_journal(path: Path) -> None:
    path.touch()
    assert Journal(path).get("clips", "a") is None


def test_what_is_added_is_there_at_once(path: Path) -> None:
    journal = Journal(path)
    journal.add("clips", "a", {"n": 1})
    assert journal.get("clips", "a") == journal["clips", "a"] == {"n": 1}


def test_an_entry_is_on_disk_when_add_returns(path: Path) -> None:
    Journal(path).add("clips", "a", {"n": 1})
    assert json.loads(path.read_text("utf-8")) == ["clips", "a", {"n": 1}]


def test_an_entry_is_synced_before_it_counts(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    Journal(path).add("clips", "a", {})
    assert synced == [path.stat().st_size]


def test_kind_and_key_both_tell_entries_apart(path: Path) -> None:
    journal = Journal(path)
    journal.add("clips", "a", {"n": 1})
    journal.add("text", "a", {"n": 2})
    assert (journal["clips", "a"], journal["text", "a"]) == ({"n": 1}, {"n": 2})


def test_a_missing_entry_is_a_key_error(path: Path) -> None:
    with pytest.raises(KeyError):
        Journal(path)["clips", "a"]


def test_the_last_entry_of_a_key_wins_after_reopening(path: Path) -> None:
    journal = Journal(path)
    journal.add("clips", "a", {"n": 1})
    journal.add("clips", "a", {"n": 2})
    assert Journal(path)["clips", "a"] == {"n": 2}


@pytest.mark.parametrize("name", NAMES)
def test_any_text_comes_back_unchanged(path: Path, name: str) -> None:
    journal = Journal(path)
    journal.add("clips", name, {name: [name]})
    journal.add("clips", "after", {})
    reopened = Journal(path)
    assert reopened["clips", name] == {name: [name]}
    assert reopened.get("clips", "after") == {}


def test_a_reopened_journal_is_continued(path: Path) -> None:
    Journal(path).add("clips", "a", {"n": 1})
    Journal(path).add("clips", "b", {"n": 2})
    reopened = Journal(path)
    assert (reopened["clips", "a"], reopened["clips", "b"]) == ({"n": 1}, {"n": 2})


def test_a_line_torn_anywhere_is_overwritten_by_the_next(path: Path) -> None:
    journal = Journal(path)
    journal.add("clips", "a", {"n": 1})
    first = path.read_bytes()
    journal.add("clips", "b", {"text": "ü" * 5})
    whole = path.read_bytes()
    for size_bytes in range(len(first), len(whole)):
        path.write_bytes(whole[:size_bytes])
        torn = Journal(path)
        assert torn.get("clips", "b") is None
        torn.add("clips", "c", {"n": 3})
        assert path.read_bytes() == first + b'["clips", "c", {"n": 3}]\n'


DAMAGED = [
    b"\x00\x00\x00\x00\n", b"\xff\xfe\x80garbage\n", b"no json\n", b'["clips", "b", {"n"\n', b"12\n", b"null\n",
    b'"abc"\n', b'["clips", "b"]\n', b'["clips", "b", {}, 1]\n', b'["clips", ["b"], {}]\n', b'["clips", "b", 5]\n',
    b"\n", b"\r\n",
]  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_line_costs_only_its_own_work(path: Path, damage: bytes) -> None:
    path.write_bytes(b'["clips", "a", {"n": 1}]\n' + damage + b'["clips", "c", {"n": 3}]\n')
    journal = Journal(path)
    assert (journal["clips", "a"], journal.get("clips", "b"), journal["clips", "c"]) == ({"n": 1}, None, {"n": 3})
    journal.add("clips", "d", {"n": 4})
    assert Journal(path)["clips", "c"] == {"n": 3}
    assert Journal(path)["clips", "d"] == {"n": 4}


def test_a_file_of_binary_junk_becomes_a_journal_again(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 20)
    journal = Journal(path)
    journal.add("clips", "a", {"n": 1})
    assert path.read_bytes() == b'["clips", "a", {"n": 1}]\n'


def test_compact_keeps_the_wanted_entries_sorted(path: Path) -> None:
    journal = Journal(path)
    for key in ("b", "c", "a"):
        journal.add("clips", key, {"key": key})
    journal.compact({("clips", "a"), ("clips", "b"), ("clips", "never done")})
    assert path.read_text("utf-8") == '["clips", "a", {"key": "a"}]\n["clips", "b", {"key": "b"}]\n'
    assert journal.get("clips", "c") is None


def test_equal_work_in_any_order_compacts_to_equal_bytes(tmp_path: Path) -> None:
    entries = {("clips", "b"), ("clips", "a"), ("text", "a")}
    for name, order in (("one", sorted(entries)), ("two", sorted(entries, reverse=True))):
        journal = Journal(tmp_path / name)
        for kind, key in order:
            journal.add(kind, key, {"tries": 1})
            journal.add(kind, key, {"tries": 2})
        journal.compact(entries)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_compacting_twice_changes_nothing(path: Path) -> None:
    journal = Journal(path)
    journal.add("clips", "ü", {"n": 1})
    journal.compact({("clips", "ü")})
    once = path.read_bytes()
    journal.compact({("clips", "ü")})
    assert path.read_bytes() == once


def test_a_compacted_journal_is_continued_behind_its_last_line(path: Path) -> None:
    journal = Journal(path)
    for key in ("ä", "ö"):
        journal.add("clips", key, {"long": "x" * 50})
    journal.compact({("clips", "ä")})
    journal.add("clips", "ü", {"n": 3})
    reopened = Journal(path)
    assert reopened["clips", "ä"] == {"long": "x" * 50}
    assert reopened["clips", "ü"] == {"n": 3}


def test_compact_leaves_no_other_file(path: Path) -> None:
    journal = Journal(path)
    journal.add("clips", "a", {})
    journal.compact({("clips", "a")})
    assert list(path.parent.iterdir()) == [path]
