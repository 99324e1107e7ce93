"""audiokit.cli.split, as a shell sees it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from audiokit.audio.buffer import Audio
from audiokit.audio.files import info, read, write
from audiokit.cli.main import cli
from audiokit.editing.split import AtSilence

RATE = 16000


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, ["split", *map(str, words)])


@pytest.fixture
def beeps(tmp_path: Path) -> Path:
    """Silence and tones in turns, a second each: 0-1 silent, 1-2 sounding ... 6-7 silent."""
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)
    turns = [np.zeros(RATE), tone] * 3 + [np.zeros(RATE)]
    write(tmp_path / "beeps.wav", Audio(np.concatenate(turns), RATE))
    return tmp_path / "beeps.wav"


def test_silences_part_the_pieces_and_each_gets_a_line(beeps: Path, tmp_path: Path) -> None:
    result = audiokit(beeps, tmp_path / "out")
    assert result.exit_code == 0
    lines = [re.fullmatch(r"(.+)  (\d\.\d{3}) s \.\. (\d\.\d{3}) s", line) for line in result.stdout.splitlines()]
    told = [(line[1], float(line[2]), float(line[3])) for line in lines if line]
    assert told == [
        (str(tmp_path / "out" / f"beeps_00{number}.wav"), near(start_s), near(start_s + 1.4))
        for number, start_s in ((1, 0.8), (2, 2.8), (3, 4.8))
    ]
    assert read(tmp_path / "out" / "beeps_002.wav").duration_s == near(1.4)


def near(time_s: float) -> object:
    """A window that is silent on average may hold 10 ms of such a tone."""
    return pytest.approx(time_s, abs=0.02)


def test_options_reach_the_settings(beeps: Path, tmp_path: Path) -> None:
    result = audiokit(beeps, tmp_path / "out", "--silence", "-70", "--min-silence", "0.9", "--keep", "0", "--json")
    assert [(row["start_s"], row["end_s"]) for row in json.loads(result.stdout)] == [(1, 2), (3, 4), (5, 6)]
    (whole,) = json.loads(audiokit(beeps, tmp_path / "whole", "--min-silence", "1.5", "--json").stdout)
    assert whole["end_s"] == 7


def test_the_help_tells_the_defaults_of_the_settings() -> None:
    shown = CliRunner().invoke(cli, ["split", "--help"], terminal_width=200).stdout
    for value in (AtSilence().threshold_dbfs, AtSilence().min_silence_s, AtSilence().keep_silence_s):
        assert f"[default: {value:g}]" in shown


def test_pieces_of_one_length(beeps: Path, tmp_path: Path) -> None:
    audiokit(beeps, tmp_path / "out", "--every", "0:03", "--format", "flac")
    made = sorted((tmp_path / "out").iterdir())
    assert [(path.name, info(path).duration_s) for path in made] == [
        ("beeps_001.flac", 3), ("beeps_002.flac", 3), ("beeps_003.flac", 1),
    ]  # fmt: skip


def test_pieces_at_given_times(beeps: Path, tmp_path: Path) -> None:
    rows = json.loads(audiokit(beeps, tmp_path / "out", "--at", "0:01, 2.5", "--json").stdout)
    assert [(row["start_s"], row["end_s"]) for row in rows] == [(0, 1), (1, 2.5), (2.5, 7)]


@pytest.mark.parametrize(("words", "code", "said"), [
    (["--every", "soon"], 2, "--every: 'soon' is no time"),
    (["--every", "0"], 2, "--every is 0 s; expected 0.01 to 86400 s"),
    (["--at", "1:00"], 2, "60 s lies not before the end of beeps.wav, 7 s"),
    (["--at", "2,1"], 2, "--at is 2, 1; expected rising times"),
    (["--at", "2,,3"], 2, "--at: '' is no time"),
    (["--every", "2", "--at", "3"], 2, "--every and --at are different ways to cut"),
    (["--keep", "1", "--every", "2"], 2, "--keep and --every are different ways to cut"),
    (["--silence", "-5"], 3, "nothing is louder than -5 dBFS"),
    (["--silence", "5"], 2, "--silence is 5 dBFS; expected -120 to 0 dBFS"),
    (["--format", "xyz"], 3, "'.xyz' is no format"),
])  # fmt: skip
def test_what_goes_wrong_has_its_exit_code_and_a_reason(
    beeps: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    result = audiokit(beeps, tmp_path / "out", *words)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["beeps.wav"]


def test_pieces_are_replaced_only_with_force(beeps: Path, tmp_path: Path) -> None:
    assert audiokit(beeps, tmp_path / "out").exit_code == 0
    refused = audiokit(beeps, tmp_path / "out")
    assert refused.exit_code == 2
    assert "add --force to replace it" in refused.stderr
    assert audiokit(beeps, tmp_path / "out", "--force").exit_code == 0
