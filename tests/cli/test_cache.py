"""audiokit.cli.cache, as a shell sees it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiokit.cli.main import cli
from audiokit.speech.usage import UsageCounter
from audiokit.spoken import stream_speech

pytestmark = pytest.mark.model

PHRASES = "One moment, please.\n\nGoodbye. See you soon.\n"


def audiokit(*words: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["cache", *map(str, words)], input=stdin)


@pytest.fixture
def phrases(tmp_path: Path) -> Path:
    """A file of phrases that are in the cache."""
    (tmp_path / "phrases.txt").write_text(PHRASES, "utf-8")
    result = audiokit("warm", tmp_path / "phrases.txt")
    assert result.stdout == "2 lines: 41 characters spoken, 0 were there\n", result.stderr
    return tmp_path / "phrases.txt"


def test_phrases_are_spoken_once(phrases: Path) -> None:
    assert audiokit("warm", phrases).stdout == "2 lines: 0 characters spoken, 41 were there\n"


def test_other_settings_of_the_provider_are_other_speech(phrases: Path) -> None:
    assert audiokit("warm", phrases, "--set", "speed=1.2").stdout == "2 lines: 41 characters spoken, 0 were there\n"


def test_phrases_in_another_encoding_are_refused(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    result = audiokit("warm", tmp_path / "latin.txt")
    assert (result.exit_code, "cannot be read as UTF-8" in result.stderr) == (2, True)


def test_clauses_are_what_a_stream_asks_for(phrases: Path) -> None:
    assert audiokit("warm", phrases, "--clauses").stdout == "2 lines: 39 characters spoken, 0 were there\n"
    usage = UsageCounter()
    for line in PHRASES.split("\n\n"):
        list(stream_speech(line, usage=usage))
    assert usage.total("characters") == 0


def test_stats_tell_hits_and_what_they_saved(phrases: Path) -> None:
    audiokit("warm", phrases)
    told = json.loads(audiokit("stats", "--json").stdout)
    assert told["entries"] == 2
    assert told["size_bytes"] > 10_000
    assert told["used"] == [
        {"provider": "hibari", "model": "", "hits": 2, "hit_characters": 41, "misses": 2, "missed_characters": 41,
         "saved_usd": 0.0, "price_date": "2025-06-01"}
    ]  # fmt: skip
    assert "hibari: 2 hits, 2 misses, 41 characters, about 0.00 USD saved" in audiokit("stats").stdout


def test_the_list_shows_the_texts(phrases: Path) -> None:
    lines = audiokit("list").stdout.splitlines()
    assert {line[38 - 10 :].strip()[-22:] for line in lines} >= {"Goodbye. See you soon."}
    rows = json.loads(audiokit("list", "--json").stdout)
    assert {row["text"] for row in rows} == {"One moment, please.", "Goodbye. See you soon."}
    assert len(json.loads(audiokit("list", "--json", "--limit", 1).stdout)) == 1


def test_a_pack_goes_to_another_machine(phrases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = tmp_path / "phrases.zip"
    assert audiokit("export", pack).stdout == f"2 entries in {pack}\n"
    assert audiokit("export", pack).exit_code == 2
    monkeypatch.setenv("AUDIOKIT_HOME", str(tmp_path / "other"))
    assert audiokit("import", pack).stdout == "2 new entries, 0 were there, 0 refused\n"
    assert audiokit("import", pack).stdout == "0 new entries, 2 were there, 0 refused\n"
    assert audiokit("warm", phrases).stdout == "2 lines: 0 characters spoken, 41 were there\n"


def test_no_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.zip").write_text("no zip", "utf-8")
    for name in ("notes.zip", "missing.zip"):
        result = audiokit("import", tmp_path / name)
        assert result.exit_code == 1
        assert "no pack of speech" in result.stderr


def test_prune_makes_room(phrases: Path) -> None:
    assert audiokit("prune", "--max-days", 1).stdout == "0 entries removed, 0.0 MB\n"
    assert audiokit("prune", "--max-mb", 0).stdout.startswith("2 entries removed")


def test_clear_asks_first(phrases: Path) -> None:
    assert audiokit("clear", stdin="n\n").exit_code == 1
    assert audiokit("clear", "--yes").stdout == "2 entries removed\n"
    assert json.loads(audiokit("stats", "--json").stdout)["entries"] == 0


def test_settings_that_do_not_exist_are_refused() -> None:
    home = Path(os.environ["AUDIOKIT_HOME"])
    home.mkdir(parents=True)
    (home / "config.toml").write_text("[cache]\nmaximum = 5\n", "utf-8")
    assert audiokit("stats").exit_code == 4
