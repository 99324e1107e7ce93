"""audiokit.cli.edit and audiokit.cli.step_options, as a shell sees them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result

from audiokit.audio.buffer import Audio
from audiokit.audio.files import info, read, write
from audiokit.cli.edit import edit
from audiokit.cli.main import cli
from audiokit.dsp.levels import peak_dbfs
from audiokit.dsp.loudness import loudness_lufs
from audiokit.dsp.true_peak import true_peak_dbtp
from audiokit.editing.options import OPTIONS
from audiokit.editing.presets import PRESETS

RATE = 16000


def audiokit(*words: object, piped: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, ["edit", *map(str, words)], input=piped)


@pytest.fixture
def hum(tmp_path: Path) -> Path:
    """Four seconds of a stereo tone at -20 dBFS."""
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)
    write(tmp_path / "hum.wav", Audio(np.stack([tone, tone], axis=1), RATE))
    return tmp_path / "hum.wav"


def test_the_steps_of_the_manual_do_what_they_say(samples_dir: Path, tmp_path: Path) -> None:
    words = "--trim 0:10-1:30 --gain -5 --fade-in 1 --fade-out 2 --highpass 80 --compress threshold=-20,ratio=4 "
    words += "--normalize -16LUFS --limit -1dBTP --mono --rate 44100 --speed 1.1"
    result = audiokit(samples_dir / "podcast" / "episode 2.m4a", tmp_path / "out.wav", *words.split())
    assert (result.exit_code, result.stdout) == (0, f"{tmp_path / 'out.wav'}\n")
    out = read(tmp_path / "out.wav")
    assert (out.sample_rate, out.channels) == (44100, 1)
    assert out.duration_s == pytest.approx((53.03 - 10) / 1.1, abs=0.1)
    # The average of two like channels is 3 LU quieter: mono counts once.
    assert loudness_lufs(out) == pytest.approx(-19, abs=0.7)


def test_steps_are_done_in_the_order_given(hum: Path, tmp_path: Path) -> None:
    words = ["--normalize", "-6dBFS", "--gain", "3", "--limit", "-9", "--gain", "2"]
    audiokit(hum, tmp_path / "a.wav", *words)
    audiokit(hum, tmp_path / "b.wav", *words[4:], *words[:4])
    assert true_peak_dbtp(read(tmp_path / "a.wav")) == pytest.approx(-7, abs=0.05)
    assert peak_dbfs(read(tmp_path / "b.wav")) == pytest.approx(-3, abs=0.01)


def test_flags_keep_their_place_among_values(hum: Path) -> None:
    words = ["--reverse", "--gain", "1", "--mono", "--gain", "2", "--reverse", "--dry-run", "--json"]
    (plan,) = json.loads(audiokit(hum, "out.wav", *words).stdout)
    assert plan["steps"] == ["reverse", "gain +1 dB", "mono", "gain +2 dB", "reverse"]


@pytest.mark.parametrize("place", ["before", "between", "behind"])
def test_options_may_stand_anywhere(hum: Path, tmp_path: Path, place: str) -> None:
    names, gain = [str(hum), str(tmp_path / "out.wav")], ["--gain", "-6"]
    words = {"before": [*gain, *names], "between": [names[0], *gain, names[1]], "behind": [*names, *gain]}[place]
    assert audiokit(*words).exit_code == 0
    assert peak_dbfs(read(tmp_path / "out.wav")) == pytest.approx(-26, abs=0.01)


def test_several_inputs_are_joined(hum: Path, tmp_path: Path) -> None:
    audiokit(hum, hum, hum, tmp_path / "out.flac", "--crossfade", "0.5")
    assert read(tmp_path / "out.flac").duration_s == 11


def test_a_pattern_edits_each_input_by_itself(hum: Path, tmp_path: Path) -> None:
    write(tmp_path / "low.wav", read(hum) - 10)
    (tmp_path / "out").mkdir()
    result = audiokit(hum, tmp_path / "low.wav", tmp_path / "out" / "{stem}.flac", "--gain", "-3")
    assert result.stdout.split() == [str(tmp_path / "out" / name) for name in ("hum.flac", "low.flac")]
    assert peak_dbfs(read(tmp_path / "out" / "low.flac")) == pytest.approx(-33, abs=0.01)


@pytest.mark.parametrize(("out", "container", "codec", "sample_rate"), [
    ("a.wav", "wav", "pcm_16", 16000), ("a.flac", "flac", "flac", 16000), ("a.ogg", "ogg", "vorbis", 16000),
    ("a.opus", "ogg", "opus", 48000), ("a.mp3", "mp3", "mp3", 16000), ("a.m4a", "m4a", "aac", 16000),
    ("a.webm", "webm", "opus", 48000), ("a.AIFF", "aiff", "pcm_16", 16000),
])  # fmt: skip
def test_the_extension_gives_the_format(
    hum: Path, tmp_path: Path, out: str, container: str, codec: str, sample_rate: int
) -> None:
    audiokit(hum, tmp_path / out)
    told = info(tmp_path / out)
    # libopus runs at 48 kHz whatever it was given.
    assert (told.format, told.codec, told.sample_rate) == (container, codec, sample_rate)


def test_tags_and_bit_rate_are_in_the_file(hum: Path, tmp_path: Path) -> None:
    words = ["--tag", "title=A = B", "--tag", "Artist=Ann", "--bitrate", "64k"]
    audiokit(hum, tmp_path / "out.mp3", *words)
    with av.open(tmp_path / "out.mp3") as file:
        assert (file.metadata["title"], file.metadata["artist"]) == ("A = B", "Ann")
        assert file.streams.audio[0].bit_rate == 64_000


def test_json_tells_what_was_written(hum: Path, tmp_path: Path) -> None:
    result = audiokit(hum, tmp_path / "out.wav", "--mono", "--json", "--quiet")
    assert json.loads(result.stdout) == [
        {
            "out": str(tmp_path / "out.wav"),
            "format": "wav",
            "codec": "pcm_16",
            "duration_s": 4.0,
            "sample_rate": RATE,
            "channels": 1,
            "size_bytes": (tmp_path / "out.wav").stat().st_size,
        }
    ]
    assert result.stderr == ""


def test_a_file_is_replaced_only_with_force(hum: Path, tmp_path: Path) -> None:
    (tmp_path / "out.wav").write_text("precious")
    refused = audiokit(hum, tmp_path / "out.wav")
    assert refused.exit_code == 2
    assert "add --force to replace it" in refused.stderr
    assert (tmp_path / "out.wav").read_text() == "precious"
    assert audiokit(hum, tmp_path / "out.wav", "--force").exit_code == 0
    assert read(tmp_path / "out.wav").duration_s == 4


def test_nothing_is_written_when_one_of_many_is_there(hum: Path, tmp_path: Path) -> None:
    write(tmp_path / "low.wav", read(hum) - 10)
    (tmp_path / "low.mp3").write_text("precious")
    assert audiokit(hum, tmp_path / "low.wav", tmp_path / "{stem}.mp3").exit_code == 2
    assert not (tmp_path / "hum.mp3").exists()


def test_a_dry_run_prints_the_plan_and_writes_nothing(hum: Path, tmp_path: Path) -> None:
    words = ["--trim", "1-3", "--normalize", "-16LUFS", "--bitrate", "128k", "--dry-run"]
    result = audiokit(hum, hum, tmp_path / "out.mp3", *words)
    assert result.stdout.splitlines() == [
        f"from {hum}, {hum}  (joined, 0 s crossfade)",
        "   1. trim to 1 s .. 3 s",
        "   2. normalize to -16 LUFS  (goes through the sound once more, to measure it)",
        f"to   {tmp_path / 'out.mp3'}, 128k",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["hum.wav"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_the_steps_that_the_help_shows(hum: Path, name: str) -> None:
    def plan(*words: str) -> object:
        return json.loads(audiokit(hum, "out.wav", *words, "--dry-run", "--json").stdout)[0]["steps"]

    spelled = str(PRESETS[name])
    assert plan("--trim", "1-", "--preset", name, "--invert") == plan("--trim", "1-", *spelled.split(), "--invert")
    shown = CliRunner().invoke(cli, ["edit", "--help"], terminal_width=300).stdout
    assert spelled in shown


def test_the_preset_for_audiobooks_writes_a_constant_192k(hum: Path, tmp_path: Path) -> None:
    audiokit(hum, tmp_path / "out.mp3", "--preset", "audiobook-acx")
    with av.open(tmp_path / "out.mp3") as file:
        assert file.streams.audio[0].bit_rate == 192_000


def test_every_step_stands_in_the_help() -> None:
    shown = audiokit("--help").stdout
    assert [name for name in OPTIONS if f"--{name}" not in shown] == []
    assert [option.opts for option in edit.params if option.opts[0].startswith("--") and not option.help] == []  # type: ignore[attr-defined]


def test_clipping_is_a_note(hum: Path, tmp_path: Path) -> None:
    result = audiokit(hum, tmp_path / "out.wav", "--gain", "26")
    assert result.exit_code == 0
    assert result.stderr == "note: out.wav: peaks of +6.0 dBFS were cut off at full scale; end with --limit -1dBTP\n"


@pytest.mark.parametrize(("words", "code", "said"), [
    (["HUM", "OUT", "--gain", "loud"], 2, "gain: 'loud' cannot be read; expected DB"),
    (["HUM", "OUT", "--gain", "500"], 2, "gain: the change is 500 dB; expected -120 to 120 dB"),
    (["HUM", "OUT", "--trim", "1:30-0:10"], 2, "trim: 90 s to 10 s; expected an end behind the start"),
    (["HUM", "OUT", "--compress", "treshold=-20"], 2, "compress: 'treshold=-20' cannot be read"),
    (["HUM", "OUT", "--lowpass", "9000"], 2, "lowpass at 9000 Hz"),
    (["HUM", "OUT", "--preset", "radio"], 2, "preset: 'radio' is none; expected one of podcast"),
    (["HUM", "OUT", "--crossfade", "-1"], 2, "crossfade: -1 s; expected 0 or more"),
    (["HUM", "OUT", "--bitrate", "fast"], 2, "'fast' is no bit rate"),
    (["HUM", "OUT", "--bitrate", "128k"], 3, "wav has no bit rate of 128k"),
    (["HUM", "OUT", "--tag", "Ann"], 2, "'Ann' is no tag; expected NAME=TEXT"),
    (["HUM", "OUT", "--tag", "mood=blue"], 3, "wav has no tag 'mood'"),
    (["HUM", "OUT", "--volume", "3"], 2, "No such option"),
    (["HUM", "out.xyz"], 3, "'.xyz' is no format"),
    (["HUM", "{name}.wav"], 2, "only {stem} can stand in braces"),
    (["HUM", "HUM", "{stem}.flac"], 2, "would both become"),
    (["HUM", "-", "--json"], 2, "both want standard output"),
    (["missing.wav", "OUT"], 3, "no such file"),
    (["HUM", "OUT", "--trim", "9-"], 3, "no sound to write"),
    (["HUM"], 2, "Missing argument"),
])  # fmt: skip
def test_what_goes_wrong_has_its_exit_code_and_a_reason(
    hum: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    places = {"HUM": str(hum), "OUT": str(tmp_path / "out.wav")}
    result = audiokit(*(places.get(word, word) for word in words))
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hum.wav"]


@pytest.mark.process
def test_a_pipe_carries_sound_in_and_out(hum: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "audiokit", "edit"]
    with subprocess.Popen([*command, hum, "-", "--trim", "1-3"], stdout=subprocess.PIPE) as first:
        assert first.stdout
        second = subprocess.run(
            [*command, "-", tmp_path / "out.flac", "--normalize", "-6dBFS"], stdin=first.stdout, capture_output=True
        )
    assert (first.returncode, second.returncode, second.stderr) == (0, 0, b"")
    out = read(tmp_path / "out.flac")
    assert (out.duration_s, peak_dbfs(out)) == (2, pytest.approx(-6, abs=0.01))


def test_an_empty_pipe_is_refused(tmp_path: Path) -> None:
    result = audiokit("-", tmp_path / "out.wav", piped=b"")
    assert (result.exit_code, "stdin: 0 bytes" in result.stderr) == (3, True)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process here")
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path / "long.wav", Audio(np.zeros((60 * 48000, 2)), 48000))
    command = [sys.executable, "-m", "audiokit", "edit", tmp_path / "long.wav", tmp_path / "out.mp3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        while not (tmp_path / "out.mp3.part").exists():
            assert running.poll() is None
        os.kill(running.pid, signal.SIGINT)
        _, said = running.communicate()
    assert running.returncode == 130
    assert "No half file was left behind." in said
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]
