"""A real dataset of five clips, made in a moment: the LibriVox sentences with their texts, each its own recording."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from audiokit.audio.files import read, write
from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset, write_manifest
from audiokit.dataset.settings import PrepSettings
from tests.dataset.rows import a_clip, a_source, refused_clip

LIBRIVOX = Path(__file__).parents[2] / "samples" / "librivox"
RATE = 22_050


def small_dataset(root: Path, *, format: str = "wav", **changes: Any) -> Dataset:
    """Write clips, a refused one too, and the manifest; `changes` are of every clip's row."""
    layout = Layout(root)
    for folder in (layout.clips, layout.state):
        folder.mkdir(parents=True)
    clips = [_clip(layout, line, format, changes) for line in (LIBRIVOX / "transcription.txt").read_text().splitlines()]
    clips.append(refused_clip("too noisy", id="talk-refused", source="noise.wav", source_sha256="noise"))
    write_manifest(layout, PrepSettings(), [a_source(name=clip.source, id=clip.id) for clip in clips], clips)
    return Dataset.open(root)


def _clip(layout: Layout, line: str, format: str, changes: dict[str, Any]) -> Clip:
    text, _, stem = line.removesuffix(")").rpartition(" (")
    audio = read(LIBRIVOX / f"{stem}.wav").resample(RATE)
    path = layout.clips / f"{stem[-4:]}.{format}"
    write(path, audio)
    values = {
        "id": stem[-4:], "path": f"clips/{path.name}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "source": f"{stem}.wav", "source_sha256": stem, "start_s": 0.0, "end_s": audio.duration_s,
        "duration_s": audio.duration_s, "sample_rate": RATE, "text": text.removeprefix("<s> ").removesuffix(" </s>"),
        "language": "en",
    }  # fmt: skip
    return a_clip(**values | changes)


def other_recordings(root: Path, mark: str = "other", **changes: Any) -> Dataset:
    """The small dataset as if its equally named clips came from other recordings."""
    dataset = small_dataset(root, **changes)
    clips = [replace(clip, source_sha256=f"{mark}{clip.source_sha256}") for clip in dataset.clips]
    return rewritten(dataset, clips=clips)


def rewritten(dataset: Dataset, *, clips: list[Clip] | None = None, settings: PrepSettings | None = None) -> Dataset:
    """Write other rows into a dataset, a source with the right hash for each clip."""
    rows = list(dataset.clips if clips is None else clips)
    sources = [a_source(name=clip.source, id=clip.id, sha256=clip.source_sha256) for clip in rows]
    write_manifest(Layout(dataset.root), settings or dataset.settings, sources, rows)
    return Dataset.open(dataset.root)
