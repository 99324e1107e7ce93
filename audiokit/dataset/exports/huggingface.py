"""An audio folder of Hugging Face's `datasets`: one folder a split, each with its metadata.jsonl."""

from __future__ import annotations

import json

from audiokit.dataset.exports.export import Export
from audiokit.dataset.exports.table import row_of

LOADING = """## Loading

    from datasets import load_dataset
    clips = load_dataset("audiofolder", data_dir=".")     # or this folder's name on the hub
    print(clips["train"][0]["text"])

`datasets` decodes sound with torchcodec; `clips.cast_column("audio", Audio(decode=False))` gives the files instead."""


def write(export: Export) -> str:
    """Write a folder a part, with its clips and metadata.jsonl."""
    for part, clips in export.parts.items():
        lines = []
        for clip in clips:
            export.place(clip, part)
            row = row_of(clip, f"{clip.id}.wav", export.speaker(clip))
            lines.append(json.dumps({"file_name": row.pop("path"), **row}, ensure_ascii=False) + "\n")
        export.write_text(f"{part}/metadata.jsonl", "".join(lines))
    return LOADING
