"""audiokit.cli.prep, as a shell sees it: words in, an exit code, one stream for results and one for the rest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result

from audiokit.audio.buffer import Audio
from audiokit.cli.main import cli
from audiokit.cli.output import counted, print_facts
from audiokit.dataset.manifest import Dataset


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory, speech: Callable[..., object]) -> Path:
    """A folder with one recording and one file that is none."""
    folder = tmp_path_factory.mktemp("talk")
    audio = speech(1.0).audio  # type: ignore[attr-defined]
    noise = np.random.default_rng(1).standard_normal(audio.samples.shape).astype(np.float32)
    soundfile.write(folder / "talk.wav", audio.samples + 1e-4 * noise, audio.sample_rate)
    (folder / "notes.mp3").write_text("Words, no sound.\n" * 20)
    return folder


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory, samples_dir: Path) -> Path:
    """A folder with one sentence: enough for the question whether there is a transcript."""
    folder = tmp_path_factory.mktemp("sentence")
    shutil.copy(next((samples_dir / "librivox").glob("*-0870.wav")), folder)
    return folder


def audiokit(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)))


@pytest.mark.process
@pytest.mark.model
def test_a_folder_gives_a_dataset_and_says_where(talk: Path, tmp_path: Path) -> None:
    result = audiokit("prep", talk, tmp_path / "out")
    assert result.exit_code == 0
    assert result.stdout.strip() == str(tmp_path / "out" / "manifest.jsonl")
    assert len(Dataset.open(tmp_path / "out")) > 0
    for word in ("kept", "without pauses", "dataset", "skipped"):
        assert word in result.stderr
    assert result.stderr.count("notes.mp3") == 1


@pytest.mark.process
@pytest.mark.model
def test_json_is_all_that_stands_on_stdout(talk: Path, tmp_path: Path) -> None:
    result = audiokit("prep", talk, tmp_path / "out", "--json", "--quiet")
    summary = json.loads(result.stdout)
    assert summary["recordings"] == 2
    assert summary["kept"] == len(Dataset.open(tmp_path / "out"))
    assert result.stderr == ""


@pytest.mark.process
def test_a_dry_run_names_what_would_be_done_and_writes_nothing(talk: Path, tmp_path: Path) -> None:
    result = audiokit("prep", talk, tmp_path / "out", "--dry-run", "--json")
    assert result.exit_code == 0
    rows = {Path(row["name"]).name: row["action"] for row in json.loads(result.stdout)}
    assert rows == {"talk.wav": "prepare", "notes.mp3": "skip"}
    assert not (tmp_path / "out").exists()
    assert "talk.wav" in audiokit("prep", talk, tmp_path / "out", "--dry-run").stdout


@pytest.mark.process
@pytest.mark.model
def test_options_reach_the_settings(talk: Path, tmp_path: Path) -> None:
    words = ["--sample-rate", "22050", "--loudness", "off", "--format", "flac", "--channel", "left"]
    words += ["--min-seconds", "2", "--max-seconds", "9"]
    assert audiokit("prep", talk, tmp_path / "out", *words).exit_code == 0
    settings = Dataset.open(tmp_path / "out").settings
    assert (settings.sample_rate, settings.loudness_lufs, settings.min_s, settings.max_s) == (22_050, None, 2, 9)
    assert (settings.format, settings.channel) == ("flac", "left")


@pytest.mark.process
@pytest.mark.model
@pytest.mark.parametrize("word", ["--refuse-doubtful", "--align", "--stt=whisper", "--language=en"])
def test_who_asks_for_judges_of_texts_gets_texts(word: str, sentence: Path, tmp_path: Path) -> None:
    assert audiokit("prep", sentence, tmp_path / "out", word).exit_code == 0
    dataset = Dataset.open(tmp_path / "out")
    assert len(dataset) > 0
    assert dataset.settings.transcribe
    assert all(clip.text and clip.unique_words and clip.compression for clip in dataset)
    assert all(clip.words for clip in dataset) == (word == "--align")


def test_a_recognizer_compared_with_itself_is_a_usage_error(talk: Path, tmp_path: Path) -> None:
    result = audiokit("prep", talk, tmp_path / "out", "--second-stt", "whisper")
    assert (result.exit_code, "--second-stt is 'whisper', as the first is" in result.stderr) == (2, True)


@pytest.mark.process
@pytest.mark.parametrize(("words", "code", "said"), [
    (["nowhere/"], 3, "nowhere/: nothing there"),
    (["TALK", "--strict"], 3, "notes.mp3"),
    (["TALK/notes.mp3"], 3, "nothing usable"),
    (["TALK", "--vad", "silver"], 4, "silver"),
    (["TALK", "--min-seconds", "9", "--max-seconds", "5"], 2, "--min-seconds below --max-seconds"),
    (["TALK", "--sample-rate", "1"], 2, "8000"),
    (["TALK", "--max-laughter", "0.3"], 2, "--max-laughter is 0.3 without a network"),
    (["TALK", "--max-laughter", "0.3", "--sounds-model", "TALK/notes.mp3"], 4, "notes.mp3 is no ONNX model"),
    (["TALK", "--max-laughter", "0.3", "--sounds-model", "TALK/no.onnx"], 4, "no.onnx cannot be read"),
    (["TALK", "--format", "ogg"], 2, "wav"),
    (["TALK", "--loudness", "loud"], 2, "loud"),
    (["TALK", "--jobs", "0"], 2, "jobs"),
    ([], 2, "Missing argument"),
])  # fmt: skip
def test_what_goes_wrong_has_its_exit_code_and_a_reason(
    talk: Path, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    result = audiokit("prep", *(word.replace("TALK", str(talk)) for word in words), tmp_path / "out")
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.process
def test_nothing_usable_is_exit_code_3_and_leaves_the_reasons(tmp_path: Path, tone: Callable[..., Audio]) -> None:
    (tmp_path / "in").mkdir()
    tone(440, 10, 16_000).save(tmp_path / "in" / "tone.wav")
    result = audiokit("prep", tmp_path / "in", tmp_path / "out")
    assert result.exit_code == 3
    assert "nothing usable" in result.stderr
    assert len(Dataset.open(tmp_path / "out").sources) == 1


@pytest.mark.process
@pytest.mark.model
def test_changed_settings_are_announced(talk: Path, tmp_path: Path) -> None:
    shutil.copytree(talk, tmp_path / "in")
    audiokit("prep", tmp_path / "in", tmp_path / "out")
    again = audiokit("prep", tmp_path / "in", tmp_path / "out", "--loudness", "-23")
    assert "--loudness -20.0 -> -23.0" in again.stderr
    assert "note:" in again.stderr


def test_a_review_follows_where_it_is_asked_for(talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reviewed: list[str] = []
    monkeypatch.setattr("audiokit.cli.review.run_review", reviewed.append)
    assert audiokit("prep", talk, tmp_path / "out", "--quiet", "--review").exit_code == 0
    assert audiokit("prep", talk, tmp_path / "out", "--quiet", "--review", "--dry-run").exit_code == 0
    assert reviewed == [str(tmp_path / "out")]
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_long_text_of_the_summary_goes_on_below_itself(capsys: pytest.CaptureFixture[str]) -> None:
    print_facts("prep", [("kept", "1 of 2 clips"), ("to check", "a word " * 20)])
    _, kept, first, *more, _ = capsys.readouterr().err.splitlines()
    column = kept.index("1 of 2")
    assert first[column:].startswith("a word")
    assert more
    assert {line[1:column].strip() for line in more} == {""}


@pytest.mark.parametrize(("count", "told"), [(0, "0 clips"), (1, "1 clip"), (2, "2 clips")])
def test_one_is_no_plural(count: int, told: str) -> None:
    assert counted(count, "clip") == told


def test_help_shows_examples_and_every_unit() -> None:
    shown = audiokit("prep", "--help").stdout
    assert "audiokit prep episodes/ dataset" in shown
    assert "--min-seconds" in shown
    assert "LUFS" in shown


@pytest.mark.process
@pytest.mark.model
def test_who_speaks_is_told_and_chosen(samples_dir: Path, tmp_path: Path) -> None:
    result = audiokit("prep", samples_dir / "podcast" / "extras", tmp_path / "out", "--speaker", "auto")
    assert result.exit_code == 0
    for said in ("speaker-1", "speaker-2", "0 kept", "clips: another voice", "clips: two voices"):
        assert said in result.stderr
    assert {clip.speaker for clip in Dataset.open(tmp_path / "out")} == {"speaker-1"}
    again = audiokit("prep", samples_dir / "podcast" / "extras", tmp_path / "out", "--speaker", "all", "--json")
    assert "speaker auto -> all" in again.stderr
    assert json.loads(again.stdout)["speakers"]["speaker-2"]["kept"] > 0


@pytest.mark.process
def test_a_reference_that_is_not_there_is_named(talk: Path, tmp_path: Path) -> None:
    result = audiokit("prep", talk, tmp_path / "out", "--speaker", "nobody.wav")
    assert result.exit_code == 4
    assert "'nobody.wav'" in result.stderr
