"""Teach XTTS v2 one voice: its language model trained further with Coqui's trainer, on the clips beside this file.

    pip install coqui-tts torch torchaudio torchcodec six
    python finetune_xtts.py --base XTTS --language en

XTTS is a folder with config.json, model.pth, vocab.json, dvae.pth and mel_stats.pth, all of them published together
(the Hugging Face repository coqui/XTTS-v2) under the Coqui Public Model License: for non-commercial use.

A run is a folder with config.json, vocab.json and best_model.pth: a model that clones as XTTS v2 itself does.
"""

from __future__ import annotations

import argparse
import json
import shutil
import wave
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BASE_FILES = ("config.json", "model.pth", "vocab.json", "dvae.pth", "mel_stats.pth")
RATE = 22_050  # what XTTS' encoders listen at; other rates are converted on the way
LONGEST_FRAMES = 255_995  # 11.6 s: the sound XTTS was trained on at once
LONGEST_TEXT = 200  # tokens, likewise


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fine-tune XTTS v2 on the clips beside this file.")
    parser.add_argument("--base", type=Path, required=True, help=f"folder with {', '.join(BASE_FILES)}")
    parser.add_argument("--language", required=True, help="code of what is spoken, such as en")
    parser.add_argument("--out", type=Path, default=HERE / "training", help="where the training writes")
    parser.add_argument("--batch", type=int, default=3, help="clips at once; less if the GPU's memory is full")
    parser.add_argument("--accumulate", type=int, default=84, help="batches a step; times --batch about 252")
    parser.add_argument("--epochs", type=int, default=10, help="times through all clips")
    parser.add_argument("--clips", type=int, help="only so many clips: for a trial")
    parser.add_argument("--workers", type=int, default=4, help="processes that read clips")
    chosen = parser.parse_args()
    missing = [name for name in BASE_FILES if not (chosen.base / name).is_file()]
    if missing:
        parser.error(f"{chosen.base} has no {', '.join(missing)}")
    return chosen


def configuration(chosen: argparse.Namespace) -> Any:
    """Describe the clips, the network and the training."""
    from TTS.config.shared_configs import BaseDatasetConfig
    from TTS.tts.configs.xtts_config import XttsAudioConfig
    from TTS.tts.layers.xtts.trainer.gpt_trainer import GPTTrainerConfig

    clips = BaseDatasetConfig(
        formatter="coqui",
        dataset_name=HERE.name,
        path=str(HERE),
        meta_file_train="metadata_train.csv",
        meta_file_val="metadata_eval.csv",
        language=chosen.language,
    )
    return GPTTrainerConfig(
        run_name="xtts",
        output_path=str(chosen.out),
        datasets=[clips],
        model_args=network(chosen.base),
        audio=XttsAudioConfig(sample_rate=RATE, dvae_sample_rate=RATE),
        batch_size=chosen.batch,
        eval_batch_size=chosen.batch,
        num_loader_workers=chosen.workers,
        epochs=chosen.epochs,
        lr=5e-6,
        optimizer="AdamW",
        optimizer_params={"betas": [0.9, 0.96], "eps": 1e-8, "weight_decay": 1e-2},
        optimizer_wd_only_on_weights=True,
        save_n_checkpoints=1,
        test_sentences=[],
    )


def network(base: Path) -> Any:
    """Take the network's sizes from the base model, and its weights."""
    from TTS.tts.layers.xtts.trainer.gpt_trainer import GPTArgs

    published = json.loads((base / "config.json").read_text("utf-8"))["model_args"]
    sizes = {name: value for name, value in published.items() if hasattr(GPTArgs(), name) and value is not None}
    return GPTArgs(
        **sizes
        | {
            "tokenizer_file": str(base / "vocab.json"),
            "xtts_checkpoint": str(base / "model.pth"),
            "dvae_checkpoint": str(base / "dvae.pth"),
            "mel_norm_file": str(base / "mel_stats.pth"),
            "min_conditioning_length": 3 * RATE,
            "max_conditioning_length": 6 * RATE,
            "max_wav_length": LONGEST_FRAMES,
            "max_text_length": LONGEST_TEXT,
        }
    )


def fitting(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out clips that are too long for XTTS: its loader would put others in their place."""
    return [row for row in rows if 0.5 <= duration_s(row["audio_file"]) <= LONGEST_FRAMES / RATE]


def duration_s(path: str) -> float:
    """Look at a clip's header; in seconds."""
    with wave.open(path, "rb") as clip:
        return clip.getnframes() / clip.getframerate()


def train(chosen: argparse.Namespace) -> None:
    """Start Coqui's trainer."""
    from trainer import Trainer, TrainerArgs
    from TTS.tts.datasets import load_tts_samples
    from TTS.tts.layers.xtts.trainer.gpt_trainer import GPTTrainer

    config = configuration(chosen)
    training, validation = (fitting(rows) for rows in load_tts_samples(config))
    begin = TrainerArgs(grad_accum_steps=chosen.accumulate, small_run=chosen.clips)
    trainer = Trainer(begin, config, model=GPTTrainer(config), train_samples=training, eval_samples=validation)
    shutil.copy(chosen.base / "vocab.json", trainer.output_path)
    trainer.fit()


if __name__ == "__main__":
    train(arguments())
