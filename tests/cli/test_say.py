"""audiokit.cli.say, as a shell sees it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
from click.testing import CliRunner, Result

from audiokit.audio.files import info
from audiokit.cli.main import cli
from audiokit.speech.narrate import Pace

pytestmark = pytest.mark.model


def audiokit(*words: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["say", *map(str, words)], input=stdin)


def test_a_text_becomes_a_file_whose_name_is_the_result(tmp_path: Path) -> None:
    result = audiokit("Hello there.", "-o", tmp_path / "hello.wav")
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'hello.wav'}\n"
    assert result.stderr == "12 characters spoken (free), 0 from the cache\n"
    assert 0.5 < (info(tmp_path / "hello.wav").duration_s or 0) < 2


def test_the_second_time_costs_nothing(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        result = audiokit("Hello there.", "-o", tmp_path / name, "--json")
    told = json.loads(result.stdout)
    assert told == {
        "files": [str(tmp_path / "b.wav")], "characters": 0, "cached_characters": 12, "cost_usd": 0,
    }  # fmt: skip


def test_a_voice_that_nobody_has_is_not_in_the_book_either(tmp_path: Path) -> None:
    result = audiokit("Hello.", "--voice", "Ann", "-o", tmp_path / "a.wav")
    assert (result.exit_code, result.stdout) == (5, "")
    told, hint = result.stderr.splitlines()
    assert told.startswith("error: hibari has no voice 'Ann'; it has: heart, emma")
    assert hint == "None is named 'Ann' in your book of voices either: see audiokit voices list."


def test_a_markdown_file_is_spoken_without_its_marks(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("# Title\n\nSome **bold** [text](https://a.example).\n", "utf-8")
    result = audiokit(tmp_path / "note.md", "-o", tmp_path / "note.mp3", "--srt", tmp_path / "note.srt", "--json")
    assert result.exit_code == 0, result.stderr
    lines = (tmp_path / "note.srt").read_text("utf-8").splitlines()
    assert [lines[2], lines[6]] == ["Title", "Some bold text."]


def test_standard_input_and_output_can_be_used() -> None:
    result = audiokit("-", "-o", "-", "--quiet", stdin="Hello there.")
    assert result.exit_code == 0, result.stderr
    samples, rate = soundfile.read(io.BytesIO(result.stdout_bytes))
    assert rate == 24_000
    assert len(samples) > 10_000


@pytest.mark.parametrize("out", ["-", "out.flac"])
def test_a_stream_is_written_as_it_comes(tmp_path: Path, out: str) -> None:
    target = out if out == "-" else str(tmp_path / out)
    result = audiokit("-", "--stream", "-o", target, "--quiet", stdin="Sure, here it is.\nDone.\n")
    assert result.exit_code == 0, result.stderr
    source = io.BytesIO(result.stdout_bytes) if out == "-" else target
    assert len(soundfile.read(source)[0]) > 24_000


def test_a_stream_into_a_file_that_is_there_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("mine", "utf-8")
    result = audiokit("Hello there.", "--stream", "-o", tmp_path / "a.wav")
    assert (result.exit_code, "there already" in result.stderr) == (2, True)
    assert not Path(os.environ["AUDIOKIT_HOME"], "speech").exists()


def test_a_model_of_this_machine_goes_to_the_provider(tmp_path: Path) -> None:
    result = audiokit("Hi.", "--model-path", tmp_path, "-o", tmp_path / "a.wav")
    assert (result.exit_code, "takes no setting 'model'" in result.stderr) == (4, True)


def test_front_matter_is_not_read_aloud(tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("---\ntitle: Secret\n---\nHello.\n", "utf-8")
    result = audiokit(tmp_path / "note.md", "-o", tmp_path / "a.wav", "--json")
    assert json.loads(result.stdout)["characters"] == len("Hello.")


def test_a_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_bytes(b"caf\xe9")
    result = audiokit(tmp_path / "note.txt", "-o", tmp_path / "a.wav")
    assert (result.exit_code, "cannot be read as UTF-8" in result.stderr) == (2, True)


def test_a_book_becomes_files_for_its_chapters(tmp_path: Path) -> None:
    (tmp_path / "book.md").write_text("# One\n\nFirst.\n\n# Two\n\nSecond.\n", "utf-8")
    result = audiokit(tmp_path / "book.md", "--chapters", "-o", tmp_path / "book", "--format", "flac")
    assert result.stdout.splitlines() == [str(tmp_path / "book" / name) for name in ("01 One.flac", "02 Two.flac")]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["missing.txt"], 2, "no such file"),
        (["...", "-o", "a.wav"], 2, "nothing to say"),
        (["Hi.", "--chapters"], 2, "--chapters needs -o"),
        (["Hi.", "--stream", "--srt", "a.srt"], 2, "--stream goes neither with"),
        (["Hi.", "--stream", "--play", "-o", "a.wav"], 2, "plays or writes"),
        (["Hi.", "-o", "a.xyz"], 3, "'.xyz' is no format to write"),
        (["Hi.", "--provider", "nobody", "-o", "a.wav"], 4, "no tts provider is named 'nobody'"),
        (["Hi.", "--provider", "elevenlabs", "-o", "a.wav"], 4, "ELEVENLABS_API_KEY"),
        (["Hi.", "--set", "speed", "-o", "a.wav"], 2, "expected NAME=VALUE"),
        (["Hi.", "--set", "haste=2", "-o", "a.wav"], 4, "takes no setting 'haste'"),
        (["Hi.", "--model", "a", "--model-path", ".", "-o", "a.wav"], 2, "give one of them"),
        (["Hi.", "--sentence-pause", "-1", "-o", "a.wav"], 4, "0 s or more"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_exit_code(
    words: list[str], code: int, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = audiokit(*words)
    assert (result.exit_code, message in result.stderr) == (code, True), result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_option_is_known_by_its_other_name_too(tmp_path: Path) -> None:
    assert audiokit("Hi.", "--out", tmp_path / "a.wav", "--quiet").exit_code == 0
    assert (tmp_path / "a.wav").is_file()
    for group in ("say", "edit"):
        shown = CliRunner().invoke(cli, [group, "--help"]).stdout
        assert not {"--out ", "--rate "} & set(re.findall(r"--\w+ ", shown))


def test_where_no_speaker_is_nothing_is_made_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    result = audiokit("Hello there.")
    assert (result.exit_code, "audiokit[mic]" in result.stderr) == (6, True)
    assert result.stderr.endswith("\nOr write a file: -o FILE.\n")
    assert not Path(os.environ["AUDIOKIT_HOME"], "speech").exists()


def test_a_fallback_speaks_and_the_user_is_told(tmp_path: Path) -> None:
    result = audiokit("Hi.", "--provider", "elevenlabs", "--fallback", "hibari", "-o", tmp_path / "a.wav")
    assert result.exit_code == 0
    assert "note: elevenlabs cannot be used" in result.stderr


def test_the_defaults_are_those_of_the_settings() -> None:
    shown = CliRunner().invoke(cli, ["say", "--help"], terminal_width=200).stdout
    for value in (Pace().sentence_pause_s, Pace().paragraph_pause_s):
        assert f"[default: {value}" in shown


@pytest.mark.process
def test_the_shell_speaks_for_real(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "audiokit", "say", "Hello.", "-o", str(tmp_path / "a.ogg"), "--quiet"]
    run = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONWARNINGS": "error"})
    assert (run.returncode, run.stderr) == (0, "")
    assert (tmp_path / "a.ogg").stat().st_size > 1000


@pytest.mark.process
def test_a_killed_command_goes_on_where_it_stopped(tmp_path: Path) -> None:
    text = " ".join(f"This is sentence number {number}." for number in range(100, 160))
    words = [sys.executable, "-m", "audiokit", "say", text, "-o", str(tmp_path / "a.wav"), "--json"]
    first = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    cache = Path(os.environ["AUDIOKIT_HOME"], "speech")
    while len(list(cache.glob("*/*.speech"))) < 5:
        assert first.poll() is None
        time.sleep(0.01)
    first.kill()
    first.wait()
    assert not (tmp_path / "a.wav").exists()
    second = subprocess.run(words, capture_output=True, text=True, check=True)
    told = json.loads(second.stdout)
    assert told["cached_characters"] >= 5 * 28
    assert told["characters"] + told["cached_characters"] == 60 * 28
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.process
def test_ctrl_c_need_not_wait_for_a_key(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "audiokit", "say", "-", "--stream", "-o", str(tmp_path / "a.wav")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdin
        process.stdin.write("Sure, here it is. And so on")
        process.stdin.flush()
        while not (tmp_path / "a.wav.part").exists():
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr
        assert "stopped" in process.stderr.read()
    assert list(tmp_path.iterdir()) == []
