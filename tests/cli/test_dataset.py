"""audiokit.cli.dataset, as a shell sees it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result

from audiokit.audio.files import info
from audiokit.cli.dataset import export
from audiokit.cli.main import cli
from audiokit.dataset.exports.export import ExportSettings
from audiokit.dataset.manifest import Dataset
from tests.conftest import SAMPLES_DIR
from tests.dataset.small import other_recordings, small_dataset


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, ["dataset", *map(str, words)])


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    return small_dataset(tmp_path / "talks").root


def test_info_tells_what_is_in_it(talks: Path) -> None:
    lines = dict(line.split(maxsplit=1) for line in audiokit("info", talks).stdout.splitlines())
    assert lines["clips"] == "5 of 6 kept, 0:00:25"
    assert lines["rate"] == "22050 Hz"
    assert audiokit("info", talks).stdout.count("\n") == 6


def test_info_as_json_has_the_totals_too(talks: Path) -> None:
    told = json.loads(audiokit("info", talks, "--json").stdout)
    assert (told["kept"], told["with_text"], told["languages"], told["sample_rates"]) == (5, 5, ["en"], [22050])
    assert told["size_bytes"] == sum(path.stat().st_size for path in (talks / "clips").iterdir())


def test_verify_is_content_with_a_whole_dataset(talks: Path) -> None:
    result = audiokit("verify", talks)
    assert (result.exit_code, result.stdout) == (0, "5 clips are as the manifest says\n")


def test_verify_names_each_problem_and_exits_with_3(talks: Path) -> None:
    (talks / "clips/0880.wav").unlink()
    result = audiokit("verify", talks)
    assert result.exit_code == 3
    assert result.stdout.startswith("missing    clips/0880.wav: the file is not there")
    (problem,) = json.loads(audiokit("verify", talks, "--json").stdout)
    assert (problem["fault"], problem["path"]) == ("missing", "clips/0880.wav")


def test_export_writes_and_counts_the_parts(talks: Path, tmp_path: Path) -> None:
    words = ("--to", "ljspeech", "--split", "3/1/1", "--seed", 7, "--sample-rate", 16000, "--quiet")
    result = audiokit("export", talks, tmp_path / "out", *words)
    assert result.exit_code == 0, result.output
    assert [line.split()[0] for line in result.stdout.splitlines()] == ["train", "validation", "test"]
    assert info(tmp_path / "out/wavs/0880.wav").sample_rate == 16000


def test_export_as_json_names_the_clips(talks: Path, tmp_path: Path) -> None:
    parts = json.loads(audiokit("export", talks, tmp_path / "out", "--to", "csv", "--json", "--quiet").stdout)
    assert sorted(parts["train"] + parts["validation"]) == sorted(clip.id for clip in Dataset.open(talks))


def test_export_options_have_the_defaults_of_the_settings() -> None:
    defaults = {option.name: option.default for option in export.params}
    settings = {field.name: field.default for field in fields(ExportSettings) if field.default is not None}
    assert defaults["split"] == "/".join(map(str, settings.pop("split")))
    assert settings == {name: defaults[name] for name in settings}  # sample_rate has none: each clip's own


@pytest.mark.parametrize(
    ("words", "exit_code", "message"),
    [
        (("--to", "kaldi"), 2, "'kaldi' is not one of 'coqui'"),
        (("--to", "csv", "--split", "most"), 2, "--split is 'most'; expected shares such as 0.95/0.05"),
        (("--to", "csv", "--split", "1/0"), 2, "--split is (1.0, 0.0)"),
        (("--to", "csv", "--sample-rate", "7"), 2, "--sample-rate is 7"),
        ((), 2, "Missing option '--to'"),
    ],
)
def test_words_that_cannot_be_meant(
    talks: Path, tmp_path: Path, words: tuple[str, ...], exit_code: int, message: str
) -> None:
    result = audiokit("export", talks, tmp_path / "out", *words)
    assert result.exit_code == exit_code
    assert message in result.stderr
    assert not (tmp_path / "out").exists()


def test_no_dataset_exits_with_3(tmp_path: Path) -> None:
    result = audiokit("info", tmp_path)
    assert result.exit_code == 3
    assert "no dataset there" in result.stderr


def test_report_writes_the_page_and_names_it(talks: Path) -> None:
    result = audiokit("report", talks)
    assert (result.exit_code, result.stdout) == (0, f"{talks / 'report.html'}\n")
    assert (talks / "report.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.process
def test_review_serves_until_ctrl_c_and_leaves_everything_up_to_date(talks: Path) -> None:
    command = [sys.executable, "-m", "audiokit", "dataset", "review", str(talks), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        address = running.stdout.readline().strip()
        wish = json.dumps({"clip": "0870", "verdict": "refuse", "text": None}).encode()
        with urlopen(f"{address}decide", wish, timeout=30) as answer:  # noqa: S310  127.0.0.1
            assert json.load(answer)["kept"] is False
        running.send_signal(signal.SIGINT)
        rest, said = running.communicate(timeout=30)
    assert (running.returncode, rest) == (0, "")
    assert said == "Review on the page above; Ctrl-C here ends it.\n"
    assert len(Dataset.open(talks)) == 4
    assert "by hand" in (talks / "report.html").read_text("utf-8")


def test_review_opens_the_browser(talks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def open_browser(address: str) -> None:
        opened.append(address)
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", open_browser)
    result = audiokit("review", talks)
    assert result.exit_code == 0
    assert opened == [result.stdout.strip()]


@pytest.mark.parametrize("command", ["report", "review"])
def test_report_and_review_need_a_dataset(command: str, tmp_path: Path) -> None:
    result = audiokit(command, tmp_path / "nowhere")
    assert result.exit_code == 3
    assert "no dataset there" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["report", "review"])
def test_report_and_review_write_no_copy_of_a_dataset_that_lies_elsewhere(command: str) -> None:
    result = audiokit(command, "s3://ann:secret@bucket/set")
    assert (result.exit_code, "s3://bucket/set is an address" in result.stderr) == (2, True)


def test_merge_tells_what_it_made_and_of_what(talks: Path, tmp_path: Path) -> None:
    more = other_recordings(tmp_path / "more").root
    result = audiokit("merge", talks, more, tmp_path / "all", "--quiet")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[:2] == ["merged from talks, 6 recordings", "merged from more, 6 recordings"]
    assert "clips       10 of 12 kept, 0:00:49" in lines
    assert audiokit("info", tmp_path / "all").stdout == result.stdout


def test_merge_as_json_names_the_parts(talks: Path, tmp_path: Path) -> None:
    more = other_recordings(tmp_path / "more").root
    told = json.loads(audiokit("merge", talks, more, tmp_path / "all", "--json", "--copy", "--quiet").stdout)
    assert (told["kept"], list(told["merged"])) == (10, ["talks", "more"])


def test_merge_of_one_dataset_is_no_merge(talks: Path, tmp_path: Path) -> None:
    result = audiokit("merge", talks, tmp_path / "all")
    assert result.exit_code == 2
    assert "expected two or more" in result.stderr


def test_prep_says_that_it_does_not_continue_a_merged_dataset(talks: Path, tmp_path: Path) -> None:
    more = other_recordings(tmp_path / "more").root
    audiokit("merge", talks, more, tmp_path / "all", "--quiet")
    result = CliRunner().invoke(cli, ["prep", str(SAMPLES_DIR / "librivox"), str(tmp_path / "all"), "--quiet"])
    assert result.exit_code == 3
    assert "was merged from other datasets" in result.stderr
