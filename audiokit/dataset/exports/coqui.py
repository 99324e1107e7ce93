"""For Coqui's trainer: its own `coqui` formatter, and recipes that start the training."""

from __future__ import annotations

from pathlib import Path

from audiokit.dataset.exports import recipes
from audiokit.dataset.exports.export import Export
from audiokit.dataset.exports.ljspeech import plain

NAMES = {"train": "metadata_train.csv", "validation": "metadata_eval.csv", "test": "metadata_test.csv"}
RECIPES = ("train_vits.py", "finetune_xtts.py")

LOADING = """## Training

`metadata_train.csv` and `metadata_eval.csv` have the columns of Coqui's formatter `coqui`
(`audio_file|text|speaker_name`), the clips lie in `wavs/`. In an environment with coqui-tts:

    python train_vits.py              # a voice from nothing: hours of speech, days of one GPU
    python finetune_xtts.py --help    # XTTS v2 taught one voice: minutes of speech, hours of one GPU
"""


def write(export: Export) -> str:
    """Write wavs/, one table a part, and the recipes."""
    for part, clips in export.parts.items():
        rows = [(export.place(clip, "wavs"), plain(clip.text), export.speaker(clip)) for clip in clips]
        lines = ("|".join(row) + "\n" for row in [("audio_file", "text", "speaker_name"), *rows])
        export.write_text(NAMES[part], "".join(lines))
    for recipe in RECIPES:
        export.write_text(recipe, (Path(recipes.__path__[0]) / recipe).read_text("utf-8"))
    return LOADING
