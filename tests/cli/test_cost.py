"""audiokit.cli.cost, as a shell sees it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from audiokit.audio.buffer import Audio
from audiokit.audio.encode import open_pipe_writer
from audiokit.cli.main import cli
from audiokit.cli.output import dollars


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, ["cost", *map(str, words)])


def test_a_text_is_estimated_for_all_who_speak(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("a" * 10_000, "utf-8")
    rows = json.loads(audiokit("text", tmp_path / "book.txt", "--json").stdout)
    costs = {(row["provider"], row["model"]): row["usd"] for row in rows}
    assert costs["openai", "tts-1"] == pytest.approx(0.15)
    assert costs["hibari", ""] == 0
    assert all(row["date"] and row["source"] for row in rows)


def test_one_service_has_a_line_with_the_date_of_its_price() -> None:
    lines = audiokit("text", "Hello.", "--tts", "openai:tts-1").stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("tts openai:tts-1")
    assert "price of 20" in lines[0]


def test_an_unverified_price_says_so() -> None:
    told = audiokit("text", "Hello.", "--tts", "openai:gpt-4o-mini-tts", "--tts", "openai:tts-1").stdout.splitlines()
    assert ["unverified" in line for line in told] == [True, False]


def test_recordings_are_estimated_by_their_length(tmp_path: Path) -> None:
    Audio(np.zeros(8000 * 120, np.float32), 8000).save(tmp_path / "a.wav")
    (row,) = json.loads(audiokit("transcription", tmp_path / "a.wav", "--stt", "openai:whisper-1", "--json").stdout)
    assert (row["amount"], row["usd"]) == (pytest.approx(120), pytest.approx(0.012))


def test_a_folder_is_as_long_as_its_recordings(tmp_path: Path) -> None:
    Audio(np.zeros(8000 * 120, np.float32), 8000).save(tmp_path / "a.wav")
    Audio(np.zeros(8000 * 60, np.float32), 8000).save(tmp_path / "b.flac")
    (tmp_path / "notes.mp3").write_text("Words, no sound.\n" * 20)
    result = audiokit("transcription", tmp_path, "--stt", "deepgram", "--json")
    (row,) = json.loads(result.stdout)
    assert (row["amount"], row["usd"]) == (pytest.approx(180), pytest.approx(3 * 0.0077))
    assert "skipped: " in result.stderr
    assert "notes.mp3" in result.stderr


def test_a_length_that_no_header_tells_is_decoded(tmp_path: Path) -> None:
    with (tmp_path / "a.wav").open("wb") as pipe, open_pipe_writer(pipe, 8000, 1) as writer:
        writer.write(np.zeros((8000 * 30, 1), np.float32))
    (row,) = json.loads(audiokit("transcription", tmp_path / "a.wav", "--stt", "whisper", "--json").stdout)
    assert (row["amount"], row["usd"]) == (pytest.approx(30), 0)


def test_lines_are_short_and_prices_round() -> None:
    lines = audiokit("conversation").stdout.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[0].split()[1:4] == ["deepgram:nova-3", "0.29", "USD"]  # 60 minutes at 0.0048
    free = audiokit("text", "Hello.", "--tts", "hibari").stdout
    assert free.split() == ["tts", "hibari", "free", "6", "characters"]


@pytest.mark.parametrize(
    ("usd", "told"),
    [
        (None, "price unknown"), (0, "free"), (12.345, "12.35 USD"), (0.1, "0.10 USD"), (0.0364, "0.036 USD"),
        (0.00016, "0.00016 USD"), (0.00001, "under 0.0001 USD"),
    ],
)  # fmt: skip
def test_dollars_have_two_digits_that_count(usd: float | None, told: str) -> None:
    assert dollars(usd) == told


def test_a_conversation_is_added_up() -> None:
    told = json.loads(audiokit("conversation", "--hours", 2, "--cached-share", 0.5, "--json").stdout)
    assert told["total_usd"] == pytest.approx(sum(row["usd"] for row in told["estimates"]))
    amounts = {row["unit"]: row["amount"] for row in told["estimates"]}
    assert amounts == {
        "seconds": 7200, "input_tokens": 720_000, "output_tokens": 28_800, "characters": 21_600,
        "cached_characters": 21_600,
    }  # fmt: skip


def test_what_is_asked_when_nothing_is_chosen_has_a_price() -> None:
    rows = json.loads(audiokit("conversation", "--json").stdout)["estimates"]
    assert all(row["model"] and row["usd"] is not None for row in rows)


def test_a_price_that_is_not_known_is_not_guessed() -> None:
    result = audiokit("conversation", "--llm", "openai:gpt-99")
    assert result.exit_code == 0
    assert "in all" in result.stdout
    assert "price unknown" in result.stdout.splitlines()[-1]
    assert "prices.toml" in result.stderr


def test_the_users_prices_go_before() -> None:
    home = Path(os.environ["AUDIOKIT_HOME"])
    home.mkdir(parents=True)
    (home / "prices.toml").write_text(
        '[[price]]\nservice = "tts"\nprovider = "openai"\nmodel = "tts-1"\nunit = "characters"\nusd = 7\nper = 1\n'
        'date = 2026-01-01\nsource = "our contract"\n',
        "utf-8",
    )
    (row,) = json.loads(audiokit("text", "abc", "--tts", "openai:tts-1", "--json").stdout)
    assert (row["usd"], row["source"]) == (21, "our contract")


@pytest.mark.parametrize(("words", "code"), [
    (["conversation", "--agent-share", 2], 4), (["conversation", "--hours", 0], 2), (["transcription", "none.wav"], 3),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused(words: list[object], code: int) -> None:
    assert audiokit(*words).exit_code == code
