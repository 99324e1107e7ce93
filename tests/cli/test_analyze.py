"""audiokit.cli.analyze and audiokit.analysis.sheet: a report in the shell."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audiokit.analysis import report
from audiokit.analysis.report import analyze
from audiokit.analysis.sheet import HEADINGS, columns, row, sheet
from audiokit.audio.buffer import Audio
from audiokit.cli.analyze import ASKS
from audiokit.cli.main import cli

command = import_module("audiokit.cli.analyze")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tone: Callable[..., Audio]) -> Path:
    """Two tones, one of them in a folder below, and a file that is no recording."""
    root = tmp_path_factory.mktemp("takes")
    (root / "more").mkdir()
    tone(300, 1, 16_000, -12).save(root / "take.wav")
    tone(600, 1, 16_000, -30).save(root / "more" / "take.wav")
    (root / "notes.mp3").write_text("Words, no sound.\n" * 20)
    return root


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, ["analyze", *map(str, words)])


def test_one_file_gives_a_sheet_on_stdout(folder: Path) -> None:
    result = audiokit(folder / "take.wav")
    assert (result.exit_code, result.stderr) == (0, "")
    for words in ("16000 Hz, mono, 16 bits", "RMS -15.0 dBFS", "peak -12.0 dBTP", "(instant)", "fails  length"):
        assert words in result.stdout


def test_a_folder_gives_a_table_and_names_what_it_skipped(folder: Path) -> None:
    result = audiokit(folder, "--jobs", "1")
    assert result.exit_code == 0
    head, *rows = result.stdout.splitlines()
    assert head.split()[:4] == ["file", "length", "rate", "ch"]
    assert [Path(line.split()[0]).parent.name for line in rows] == ["more", folder.name]
    assert result.stderr.startswith("skipped: notes.mp3: a text")


def test_json_is_a_list_of_whole_reports(folder: Path) -> None:
    result = audiokit(folder / "take.wav", "--json")
    (printed,) = json.loads(result.stdout)
    assert printed == analyze(folder / "take.wav").to_json()
    assert set(printed) >= {"name", "file", "levels", "activity", "pitch", "timbre", "segments", "fit_for_cloning"}


@pytest.mark.process
def test_workers_give_what_one_process_gives_in_the_same_order(folder: Path) -> None:
    one, two = audiokit(folder, "--json", "--jobs", "1"), audiokit(folder, "--json", "--jobs", "2")
    assert (two.exit_code, two.stderr) == (0, one.stderr)
    for alone, together in zip(json.loads(one.stdout), json.loads(two.stdout), strict=True):
        assert alone["name"] == together["name"]
        assert alone["levels"] == pytest.approx(together["levels"])


def test_csv_has_a_row_a_file_and_a_column_a_number(folder: Path) -> None:
    result = audiokit(folder, "--csv", "--jobs", "1")
    first, second = csv.DictReader(io.StringIO(result.stdout))
    assert float(first["levels.rms_dbfs"]) == pytest.approx(-33.01, abs=0.01)
    assert float(second["levels.rms_dbfs"]) == pytest.approx(-15.01, abs=0.01)
    assert {"file.duration_s", "activity.snr_db", "timbre.mfcc_mean_19", "mos.overall", "notes"} <= set(first)
    assert second["tempo_bpm"] == second["mos.overall"] == ""


def test_what_is_asked_for_is_measured(folder: Path) -> None:
    result = audiokit(folder / "take.wav", "--ask", "onsets, beats", "--json")
    (printed,) = json.loads(result.stdout)
    assert printed["onsets_s"] is not None
    assert printed["tempo_bpm"] is None


def test_pictures_of_the_same_name_do_not_overwrite_each_other(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert audiokit(folder, "--plot", tmp_path / "plots", "--jobs", "1").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["take-2.png", "take.png"]


@pytest.mark.parametrize(("words", "code", "said"), [
    (["nowhere/"], 3, "nowhere/: nothing there"),
    (["FOLDER/notes.mp3"], 3, "error: notes.mp3: a text"),
    (["FOLDER/notes.mp3", "BAD"], 3, "nothing to analyze"),
    (["EMPTY"], 3, "nothing to analyze"),
    (["FOLDER", "--ask", "tempos"], 2, "'tempos' cannot be asked for; there are tempo, beats, onsets, pyin, mos, "),
    (["FOLDER", "--jobs", "0"], 2, "jobs"),
    (["FOLDER/take.wav", "--plot", "FOLDER/take.wav"], 2, "plot"),
    ([], 2, "Missing argument"),
])  # fmt: skip
def test_what_goes_wrong_has_its_exit_code_and_a_reason(
    folder: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.wav").write_bytes(b"")
    places = {"FOLDER": str(folder), "EMPTY": str(tmp_path / "empty"), "BAD": str(tmp_path / "bad.wav")}
    for place, path in places.items():
        words = [word.replace(place, path) for word in words]
    result = audiokit(*words)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert result.stdout == ""


def test_quiet_prints_the_result_and_nothing_else(folder: Path) -> None:
    result = audiokit(folder / "take.wav", folder / "more", "--quiet", "--jobs", "1")
    assert len(result.stdout.splitlines()) == 3
    assert result.stderr == ""


def test_the_shells_asks_are_the_librarys() -> None:
    assert ASKS == report.ASKS


def test_a_row_has_all_columns_and_dashes_for_what_is_unknown(tone: Callable[..., Audio]) -> None:
    found = dict(zip(HEADINGS, row(analyze(tone(300, 0.2))), strict=True))
    assert (found["LUFS"], found["LRA"], found["SNR"]) == ("-", "-", "-")
    assert found["dBTP"] == "-20.0"


def test_columns_are_the_same_for_every_recording(tone: Callable[..., Audio], samples_dir: Path) -> None:
    assert list(columns(analyze(tone(300, 0.2)))) == list(columns(analyze(samples_dir / "podcast" / "episode 3.wav")))


def test_a_sheet_says_what_to_do(samples_dir: Path) -> None:
    text = "\n".join(sheet(analyze(samples_dir / "podcast" / "episode 3.wav")))
    assert "24 bits" in text
    assert "Change the level by +6.6 dB and limit the peaks." in text


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process")
def test_a_crash_costs_one_file_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # A spawned worker finds a function by its module's name, which pytest's import mode leaves out of sys.path.
    (tmp_path / "crashing.py").write_text(
        "import os, signal\nfrom audiokit.errors import AudioFileError\n"
        "def crash(task):\n"
        "    if task[0].name == 'bad.wav':\n        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return AudioFileError(task[0].name + ' was looked at')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(command, "_measured", import_module("crashing").crash)
    tasks = [(Path(name), (), None) for name in ("a.wav", "bad.wav", "b.wav")]
    answers = command._in_processes(tasks, 2, lambda label, done, total: None)
    said = [str(answer).partition(":")[0] for answer in answers]
    assert said == ["a.wav was looked at", "bad.wav", "b.wav was looked at"]
