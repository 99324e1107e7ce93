"""audiokit.dataset.exports.export, and the formats that need no other program to be read.

Those are audiokit.dataset.exports.ljspeech and audiokit.dataset.exports.table.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

from audiokit import api
from audiokit.audio.files import info, read
from audiokit.cli.dataset import FORMATS as OFFERED
from audiokit.dataset.exports.export import FORMATS, ExportSettings, export
from audiokit.dataset.manifest import Dataset
from audiokit.errors import ConfigError, DatasetError
from tests.dataset.small import RATE, small_dataset

THREE = ExportSettings(split=(3, 1, 1))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return small_dataset(tmp_path_factory.mktemp("made") / "talks")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def pipes(path: Path) -> list[list[str]]:
    return [line.split("|") for line in path.read_text("utf-8").splitlines()]


def test_coqui_gets_tables_wavs_and_recipes(dataset: Dataset, tmp_path: Path) -> None:
    parts = export(dataset, tmp_path / "out", "coqui", ExportSettings(speaker="reader"))
    wavs = {f"wavs/{clip.id}.wav" for clip in dataset}
    tables = {"metadata_train.csv", "metadata_eval.csv"}
    assert files(tmp_path / "out") == wavs | tables | {"README.md", "train_vits.py", "finetune_xtts.py"}
    rows = pipes(tmp_path / "out/metadata_train.csv")
    assert rows[0] == ["audio_file", "text", "speaker_name"]
    assert rows[1:] == [[f"wavs/{clip.id}.wav", clip.text, "reader"] for clip in parts["train"]]
    assert len(pipes(tmp_path / "out/metadata_eval.csv")) == 1 + len(parts["validation"])


def test_ljspeech_has_one_table_and_a_list_for_each_part(dataset: Dataset, tmp_path: Path) -> None:
    parts = export(dataset, tmp_path / "out", "ljspeech", THREE)
    rows = pipes(tmp_path / "out/metadata.csv")
    assert rows == sorted([clip.id, clip.text, clip.text] for clip in dataset)
    for name, clips in parts.items():
        assert pipes(tmp_path / f"out/{name}.txt") == [[clip.id, clip.text, clip.text] for clip in clips]


def test_csv_is_read_by_pandas(dataset: Dataset, tmp_path: Path) -> None:
    parts = export(dataset, tmp_path / "out", "csv", THREE)
    table = pandas.read_csv(tmp_path / "out/train.csv", keep_default_na=False)
    assert list(table["text"]) == [clip.text for clip in parts["train"]]
    assert list(table["duration_s"]) == pytest.approx([clip.duration_s for clip in parts["train"]])
    assert all((tmp_path / "out" / path).is_file() for path in table["path"])


def test_csv_quotes_what_a_text_may_hold(tmp_path: Path) -> None:
    odd = small_dataset(tmp_path / "odd", text='"Well, then",\nsaid he | she')
    export(odd, tmp_path / "out", "csv", ExportSettings(split=(1,)))
    with (tmp_path / "out/train.csv").open(newline="", encoding="utf-8") as file:
        assert {row["text"] for row in csv.DictReader(file)} == {'"Well, then",\nsaid he | she'}


@pytest.mark.parametrize("format", ["coqui", "ljspeech"])
def test_formats_without_quoting_get_one_plain_line_for_a_text(tmp_path: Path, format: str) -> None:
    odd = small_dataset(tmp_path / "odd", text='"Well, then",\nsaid he | she')
    export(odd, tmp_path / "out", format, ExportSettings(split=(1,)))
    name = "metadata_train.csv" if format == "coqui" else "metadata.csv"
    assert pipes(tmp_path / "out" / name)[-1][1] == "Well, then, said he she"


@pytest.mark.parametrize("rate", [None, 16_000])
def test_clips_are_copied_or_brought_to_the_rate(dataset: Dataset, tmp_path: Path, rate: int | None) -> None:
    export(dataset, tmp_path / "out", "ljspeech", ExportSettings(sample_rate=rate))
    for clip in dataset:
        written = tmp_path / f"out/wavs/{clip.id}.wav"
        assert (info(written).codec, info(written).sample_rate) == ("pcm_16", rate or RATE)
        assert read(written).duration_s == pytest.approx(clip.duration_s, abs=1e-4)
        if rate is None:
            assert written.read_bytes() == dataset.path(clip).read_bytes()


def test_flac_clips_become_wav_of_the_same_samples(tmp_path: Path) -> None:
    packed = small_dataset(tmp_path / "packed", format="flac")
    export(packed, tmp_path / "out", "ljspeech")
    clip = packed.kept[0]
    assert np.array_equal(read(tmp_path / f"out/wavs/{clip.id}.wav").samples, packed.audio(clip).samples)


def test_the_readme_counts_the_parts_and_tells_how_to_load(dataset: Dataset, tmp_path: Path) -> None:
    export(dataset, tmp_path / "voice", "coqui")
    page = (tmp_path / "voice/README.md").read_text("utf-8")
    assert page.startswith("# voice\n")
    assert "| validation | 1 | " in page
    assert "python train_vits.py" in page


def test_progress_is_told_in_seconds(dataset: Dataset, tmp_path: Path) -> None:
    told: list[tuple[str, float, float]] = []
    export(dataset, tmp_path / "out", "csv", progress=lambda *facts: told.append(facts))
    total_s = sum(clip.duration_s for clip in dataset)
    assert {label for label, _, _ in told} == {clip.id for clip in dataset}
    assert told[-1][1:] == (pytest.approx(total_s), pytest.approx(total_s))


def test_the_verb_takes_a_folder(dataset: Dataset, tmp_path: Path) -> None:
    assert api.export(dataset.root, tmp_path / "a", "csv") == api.export(dataset, tmp_path / "b", "csv")


class TestRefusals:
    def test_an_unknown_format(self, dataset: Dataset, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="no export is named 'kaldi'; there are: coqui, ljspeech"):
            export(dataset, tmp_path / "out", "kaldi")

    def test_a_folder_that_holds_something(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("mine")
        with pytest.raises(DatasetError, match="is there already and not an empty folder"):
            export(dataset, tmp_path, "csv")
        assert files(tmp_path) == {"thesis.txt"}

    def test_an_empty_folder_is_used(self, dataset: Dataset, tmp_path: Path) -> None:
        export(dataset, tmp_path, "csv")
        assert "train.csv" in files(tmp_path)

    def test_texts_are_needed_by_some_formats(self, tmp_path: Path) -> None:
        silent = small_dataset(tmp_path / "silent", text="")
        with pytest.raises(
            DatasetError, match=r"none of the 5 clips .* has a text, and coqui needs them.*--transcribe"
        ):
            export(silent, tmp_path / "out", "coqui")
        export(silent, tmp_path / "out", "csv")

    def test_a_clip_that_is_gone_leaves_no_half_export(self, tmp_path: Path) -> None:
        torn = small_dataset(tmp_path / "torn")
        torn.path(torn.kept[-1]).unlink()
        with pytest.raises(DatasetError, match=r"0930.wav is missing. audiokit dataset verify .* tells what else is"):
            export(torn, tmp_path / "out", "csv")
        assert {path.name for path in tmp_path.iterdir()} == {"torn"}

    def test_a_place_that_cannot_be_written(self, dataset: Dataset, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(DatasetError, match="cannot be written"):
            export(dataset, tmp_path / "file" / "out", "csv")

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"split": ()}, "split is"),
            ({"split": (1, 0)}, "split is"),
            ({"split": (1, float("nan"))}, "split is"),
            ({"sample_rate": 0}, "sample_rate is 0; expected 8000 to 192000 Hz"),
            ({"speaker": "a|b"}, "speaker is 'a|b'; expected a name without"),
            ({"speaker": " "}, "speaker is ' '"),
        ],
    )
    def test_settings_that_cannot_be_meant(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(ConfigError) as refused:
            ExportSettings(**settings)
        assert message in str(refused.value)


def test_the_shell_offers_every_format() -> None:
    assert tuple(FORMATS) == OFFERED
