"""NVIDIA NeMo's manifests: a JSON object a line, paths counted from the manifest's own folder."""

from __future__ import annotations

import json

from audiokit.dataset.exports.export import Export

LOADING = """## Loading

    manifest_filepath=train_manifest.json      # and validation_manifest.json, in any recipe of NeMo

Paths count from the manifest's folder, as NeMo does when there is no such file from where it was started."""


def write(export: Export) -> str:
    """Write wavs/ and one manifest a part."""
    for part, clips in export.parts.items():
        rows = [
            {
                "audio_filepath": export.place(clip, "wavs"),
                "duration": round(clip.duration_s, 6),
                "text": " ".join(clip.text.split()),
                "speaker": export.speaker(clip),
                **({"lang": clip.language} if clip.language else {}),
            }
            for clip in clips
        ]
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        export.write_text(f"{part}_manifest.json", "".join(lines))
    return LOADING
