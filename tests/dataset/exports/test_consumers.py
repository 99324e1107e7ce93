"""audiokit.dataset.exports.huggingface and its like, read by the programs they are for.

The others are audiokit.dataset.exports.nemo, audiokit.dataset.exports.lhotse and audiokit.dataset.exports.webdataset.
"""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import soundfile

from audiokit.audio.files import info
from audiokit.contracts import Word
from audiokit.dataset.exports import webdataset as shards
from audiokit.dataset.exports.export import ExportSettings, export
from audiokit.dataset.exports.split import Parts
from audiokit.dataset.manifest import Dataset
from tests.dataset.small import RATE, small_dataset

SETTINGS = ExportSettings(split=(3, 2), speaker="reader")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return small_dataset(tmp_path_factory.mktemp("made") / "talks")


def written(dataset: Dataset, folder: Path, format: str) -> Parts:
    return export(dataset, folder, format, SETTINGS)


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


class TestHuggingFace:
    def test_each_part_is_a_folder_with_its_metadata(self, dataset: Dataset, tmp_path: Path) -> None:
        for name, clips in written(dataset, tmp_path / "out", "hf").items():
            told = rows(tmp_path / "out" / name / "metadata.jsonl")
            assert [(row["file_name"], row["text"]) for row in told] == [
                (f"{clip.id}.wav", clip.text) for clip in clips
            ]
            assert all((tmp_path / "out" / name / row["file_name"]).is_file() for row in told)

    @pytest.mark.filterwarnings("ignore")
    def test_datasets_loads_it(self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        datasets = pytest.importorskip("datasets", reason="datasets is not installed")
        parts = written(dataset, tmp_path / "out", "hf")
        loaded = datasets.load_dataset("audiofolder", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
        for name, clips in parts.items():
            files = loaded[name].cast_column("audio", datasets.Audio(decode=False))
            assert files["text"][:] == [clip.text for clip in clips]
            assert soundfile.info(files[0]["audio"]["path"]).samplerate == RATE


class TestNemo:
    def test_a_line_has_the_path_the_length_and_the_text(self, dataset: Dataset, tmp_path: Path) -> None:
        for name, clips in written(dataset, tmp_path / "out", "nemo").items():
            told = rows(tmp_path / "out" / f"{name}_manifest.json")
            assert [(row["text"], row["speaker"], row["lang"]) for row in told] == [
                (clip.text, "reader", "en") for clip in clips
            ]
            for row in told:
                assert info(tmp_path / "out" / row["audio_filepath"]).duration_s == pytest.approx(
                    row["duration"], abs=1e-5
                )


class TestLhotse:
    def test_cuts_hold_recordings_and_what_is_said(self, dataset: Dataset, tmp_path: Path) -> None:
        for name, clips in written(dataset, tmp_path / "out", "lhotse").items():
            cuts, recordings = (rows(tmp_path / "out" / f"{kind}_{name}.jsonl") for kind in ("cuts", "recordings"))
            assert [cut["recording"] for cut in cuts] == recordings
            assert [cut["supervisions"][0]["text"] for cut in cuts] == [clip.text for clip in clips]
            assert [cut["supervisions"] for cut in cuts] == [
                [row] for row in rows(tmp_path / f"out/supervisions_{name}.jsonl")
            ]

    @pytest.mark.parametrize(("text", "is_told"), [("old-fashioned man", True), ("a man", False)])
    def test_the_times_of_words_go_with_the_text_they_are_of(self, text: str, is_told: bool, tmp_path: Path) -> None:
        times = (("old", 0.1, 0.4), ("-fashioned", 0.4, 0.9), ("man", 1.0, 1.3))
        words = tuple(Word(text=text, start_s=start, end_s=end, confidence=0.9) for text, start, end in times)
        dataset = small_dataset(tmp_path / "talks", text=text, words=words)
        written(dataset, tmp_path / "out", "lhotse")
        (said, *_) = rows(tmp_path / "out" / "supervisions_train.jsonl")
        assert ("alignment" in said) == is_told
        if is_told:
            told = [["old", 0.1, 0.3, 0.9], ["-fashioned", 0.4, 0.5, 0.9], ["man", 1.0, 0.3, 0.9]]
            assert said["alignment"] == {"word": told}

    def test_lhotse_loads_it(self, dataset: Dataset, tmp_path: Path) -> None:
        lhotse = pytest.importorskip("lhotse", reason="lhotse is not installed")
        parts = written(dataset, tmp_path / "out", "lhotse")
        for name, clips in parts.items():
            cuts = lhotse.CutSet.from_jsonl(tmp_path / f"out/cuts_{name}.jsonl")
            cuts = cuts.with_recording_path_prefix(tmp_path / "out").to_eager()
            lhotse.validate(cuts)
            assert [cut.supervisions[0].text for cut in cuts] == [clip.text for clip in clips]
            for cut, clip in zip(cuts, clips, strict=True):
                assert cut.load_audio().shape == (1, dataset.audio(clip).frames)
            said = lhotse.SupervisionSet.from_jsonl(tmp_path / f"out/supervisions_{name}.jsonl")
            lhotse.validate(said.to_eager())


class TestWebDataset:
    def test_a_clip_is_a_pair_of_files(self, dataset: Dataset, tmp_path: Path) -> None:
        parts = written(dataset, tmp_path / "out", "webdataset")
        assert {path.name for path in (tmp_path / "out").iterdir()} == {
            "README.md", "train-000000.tar", "validation-000000.tar",
        }  # fmt: skip
        with tarfile.open(tmp_path / "out/train-000000.tar") as tar:
            names = [f"{clip.id}.{kind}" for clip in parts["train"] for kind in ("wav", "json")]
            assert tar.getnames() == names

    def test_shards_are_cut_before_they_grow_too_large(
        self, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(shards, "SHARD_BYTES", 1)
        parts = written(dataset, tmp_path / "out", "webdataset")
        names = sorted(path.name for path in (tmp_path / "out").glob("train-*.tar"))
        assert names == [f"train-{number:06}.tar" for number in range(len(parts["train"]))]

    @pytest.mark.filterwarnings("ignore")
    def test_webdataset_loads_it(self, dataset: Dataset, tmp_path: Path) -> None:
        webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
        parts = written(dataset, tmp_path / "out", "webdataset")
        loaded = list(webdataset.WebDataset(str(tmp_path / "out/train-000000.tar"), shardshuffle=False).decode())
        assert [(clip["__key__"], clip["json"]["text"]) for clip in loaded] == [
            (clip.id, clip.text) for clip in parts["train"]
        ]
        samples, rate = soundfile.read(io.BytesIO(loaded[0]["wav"]))
        assert (rate, len(samples)) == (RATE, dataset.audio(parts["train"][0]).frames)
