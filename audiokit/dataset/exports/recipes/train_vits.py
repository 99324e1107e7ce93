"""Train a voice from nothing: VITS, with Coqui's trainer, on the clips beside this file.

    pip install coqui-tts torch torchaudio torchcodec six
    python train_vits.py                          # every option at its default: days on one GPU
    python train_vits.py --continue training/RUN  # goes on where that run was interrupted
    python train_vits.py --clips 4 --epochs 1 --batch 2 --channels 16 --workers 0    # does it run here?

A run is a folder with config.json and best_model.pth. To hear it:
`tts --model_path RUN/best_model.pth --config_path RUN/config.json --text "..."`.
"""

from __future__ import annotations

import argparse
import wave
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Train VITS on the clips beside this file.")
    parser.add_argument("--out", type=Path, default=HERE / "training", help="where the training writes")
    parser.add_argument("--batch", type=int, default=32, help="clips at once; less if the GPU's memory is full")
    parser.add_argument("--epochs", type=int, default=1000, help="times through all clips")
    parser.add_argument("--clips", type=int, help="only so many clips: for a trial")
    parser.add_argument("--channels", type=int, default=192, help="width of the network; less for a trial")
    parser.add_argument("--workers", type=int, default=4, help="processes that read clips")
    parser.add_argument("--restore", default="", help="a checkpoint to begin with instead of nothing")
    parser.add_argument("--continue", dest="run", default="", help="the folder of an earlier run")
    return parser.parse_args()


def configuration(chosen: argparse.Namespace) -> Any:
    """Describe the clips, the network and the training."""
    from TTS.config.shared_configs import BaseAudioConfig, BaseDatasetConfig
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig

    clips = BaseDatasetConfig(
        formatter="coqui",
        dataset_name=HERE.name,
        path=str(HERE),
        meta_file_train="metadata_train.csv",
        meta_file_val="metadata_eval.csv",
    )
    network = VitsArgs(
        hidden_channels=chosen.channels,
        hidden_channels_ffn_text_encoder=4 * chosen.channels,
        upsample_initial_channel_decoder=max(16, 8 * chosen.channels // 3),
    )
    return VitsConfig(
        run_name="vits",
        output_path=str(chosen.out),
        datasets=[clips],
        audio=BaseAudioConfig(sample_rate=sample_rate()),
        model_args=network,
        characters=characters(),
        text_cleaner="multilingual_cleaners",
        batch_size=chosen.batch,
        eval_batch_size=min(chosen.batch, 16),
        num_loader_workers=chosen.workers,
        num_eval_loader_workers=min(chosen.workers, 2),
        epochs=chosen.epochs,
        test_sentences=[],
    )


def characters() -> Any:
    """Find the letters of the texts: other ones the network could not read later."""
    from TTS.tts.configs.shared_configs import CharactersConfig

    texts = "".join((HERE / name).read_text("utf-8").lower() for name in ("metadata_train.csv", "metadata_eval.csv"))
    letters = {sign for sign in texts if sign.isalnum()} | set("abcdefghijklmnopqrstuvwxyz")
    signs = {sign for sign in texts if sign.isprintable() and not sign.isalnum()} | set(" .,;:!?'-")
    return CharactersConfig(
        characters_class="TTS.tts.models.vits.VitsCharacters",
        pad="<PAD>",
        eos="<EOS>",
        bos="<BOS>",
        blank="<BLNK>",
        characters="".join(sorted(letters)),
        punctuations="".join(sorted(signs - {"|"})),
        phonemes="",
    )


def sample_rate() -> int:
    """Look at a clip: all have one rate."""
    with wave.open(str(next((HERE / "wavs").glob("*.wav"))), "rb") as clip:
        return clip.getframerate()


def train(chosen: argparse.Namespace) -> None:
    """Start Coqui's trainer."""
    from trainer import Trainer, TrainerArgs
    from TTS.tts.datasets import load_tts_samples
    from TTS.tts.models.vits import Vits

    config = configuration(chosen)
    training, validation = load_tts_samples(config)
    begin = TrainerArgs(continue_path=chosen.run, restore_path=chosen.restore, small_run=chosen.clips)
    Trainer(begin, config, model=Vits(config), train_samples=training, eval_samples=validation).fit()


if __name__ == "__main__":
    train(arguments())
