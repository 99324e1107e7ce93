"""audiokit.dataset.exports.coqui: Coqui's own loader reads the tables, its own trainer runs the recipes.

They are audiokit.dataset.exports.recipes.train_vits and audiokit.dataset.exports.recipes.finetune_xtts.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from audiokit import portal
from audiokit.dataset.exports.coqui import NAMES, RECIPES
from audiokit.dataset.exports.export import ExportSettings, export
from audiokit.dataset.exports.recipes import finetune_xtts, train_vits
from audiokit.dataset.exports.split import Parts
from audiokit.registry import provider
from tests.dataset.small import small_dataset

TINY_VITS = "--clips 1 --epochs 1 --batch 1 --channels 8 --workers 0"
TINY_XTTS = "--language en --clips 2 --epochs 1 --batch 2 --accumulate 1 --workers 0"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Parts]:
    """The sample dataset in Coqui's form."""
    pytest.importorskip("TTS", reason="coqui-tts is not installed")
    folder = tmp_path_factory.mktemp("exports") / "reader"
    dataset = small_dataset(folder.parent / "dataset")
    return folder, export(dataset, folder, "coqui", ExportSettings(split=(0.7, 0.3), speaker="reader"))


@pytest.fixture
def _reads_files(samples_dir: Path) -> None:
    """The trainer reads clips with torchcodec."""
    torchaudio = pytest.importorskip("torchaudio")
    try:
        torchaudio.load(next(samples_dir.rglob("*.wav")))
    except RuntimeError as error:
        pytest.skip(f"torchcodec finds no FFmpeg libraries here: {str(error).splitlines()[0]}")


def run(folder: Path, recipe: str, *words: str) -> Path:
    """Start a recipe as a user would; give the folder of its run."""
    script = [sys.executable, "-W", "ignore", recipe, *words, "--out", str(folder / recipe[:-3])]
    done = subprocess.run(script, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (made,) = (path.parent for path in (folder / recipe[:-3]).glob("*/best_model.pth"))
    return made


@pytest.mark.coqui
def test_coquis_loader_finds_every_clip_with_its_text(exported: tuple[Path, Parts]) -> None:
    from TTS.config.shared_configs import BaseDatasetConfig
    from TTS.tts.configs.vits_config import VitsConfig
    from TTS.tts.datasets import load_tts_samples

    folder, parts = exported
    tables = {"meta_file_train": NAMES["train"], "meta_file_val": NAMES["validation"]}
    clips = BaseDatasetConfig(formatter="coqui", dataset_name="reader", path=str(folder), language="en", **tables)
    loaded = load_tts_samples(VitsConfig(datasets=[clips]))
    for rows, name in zip(loaded, ("train", "validation"), strict=True):
        told = [(Path(row["audio_file"]).stem, row["text"], row["speaker_name"]) for row in rows]
        assert told == [(clip.id, clip.text, "reader") for clip in parts[name]]
        assert all(Path(row["audio_file"]).is_file() for row in rows)


@pytest.mark.coqui
def test_coquis_loader_reads_the_ljspeech_export_too(tmp_path: Path) -> None:
    pytest.importorskip("TTS", reason="coqui-tts is not installed")
    from TTS.tts.datasets.formatters import ljspeech

    dataset = small_dataset(tmp_path / "dataset")
    export(dataset, tmp_path / "out", "ljspeech")
    rows = ljspeech(str(tmp_path / "out"), "metadata.csv")
    assert {row["text"].rstrip("\n") for row in rows} == {clip.text for clip in dataset}
    assert all(Path(row["audio_file"]).is_file() for row in rows)


@pytest.mark.coqui
@pytest.mark.process
@pytest.mark.usefixtures("_reads_files")
def test_the_vits_recipe_trains_a_model_that_speaks(exported: tuple[Path, Parts]) -> None:
    made = run(exported[0], "train_vits.py", *TINY_VITS.split())
    tts = provider("tts", "coqui", model=str(made), device="cpu")
    (chunk,) = portal.iterate(tts.synthesize("he was not an ill disposed young man"))
    assert chunk.sample_rate == 22_050
    assert chunk.duration_s > 0


@pytest.mark.coqui
@pytest.mark.process
@pytest.mark.usefixtures("_reads_files")
def test_the_xtts_recipe_makes_a_model_that_clones(exported: tuple[Path, Parts], tmp_path: Path) -> None:
    from tests.providers.coqui.tiny import make_training_files, make_xtts

    base = make_xtts(tmp_path / "base", gpt_max_audio_tokens=605, gpt_code_stride_len=1024)
    make_training_files(base)
    made = run(exported[0], "finetune_xtts.py", "--base", str(base), *TINY_XTTS.split())
    cloner = provider("clone", "coqui", model=str(made), device="cpu")
    voice = cloner.clone(sorted((exported[0] / "wavs").glob("*.wav"))[:1], name="reader")
    tts: Any = provider("tts", "coqui", model=str(made), device="cpu")
    first = next(portal.iterate(tts.synthesize("Tea?", voice)))
    assert first.duration_s > 0


@pytest.mark.process
def test_a_base_that_lacks_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    words = ["--base", str(tmp_path), "--language", "en"]
    done = subprocess.run([sys.executable, finetune_xtts.__file__, *words], capture_output=True, text=True)
    assert done.returncode == 2
    assert "has no model.pth, vocab.json, dvae.pth, mel_stats.pth" in done.stderr


@pytest.mark.parametrize("recipe", [train_vits, finetune_xtts])
def test_a_recipe_needs_nothing_of_audiokit(recipe: Any) -> None:
    assert Path(recipe.__file__).name in RECIPES
    assert "import audiokit" not in Path(recipe.__file__).read_text("utf-8")
    assert "from audiokit" not in Path(recipe.__file__).read_text("utf-8")
