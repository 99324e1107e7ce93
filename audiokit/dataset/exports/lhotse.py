"""Lhotse's manifests, as k2, icefall and NeMo read them: recordings, supervisions and cuts in JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from audiokit.audio.files import info
from audiokit.dataset.clip import Clip
from audiokit.dataset.exports.export import Export

LOADING = """## Loading

    from lhotse import CutSet
    cuts = CutSet.from_jsonl("cuts_train.jsonl").with_recording_path_prefix(".")    # this folder's path

Beside the cuts lie `recordings_*.jsonl` and `supervisions_*.jsonl`, one of each a part."""


def write(export: Export) -> str:
    """Write wavs/, and three manifests a part."""
    for part, clips in export.parts.items():
        recordings = [_recording(export, clip) for clip in clips]
        supervisions = [_supervision(export, clip, length) for clip, length in zip(clips, recordings, strict=True)]
        both = zip(recordings, supervisions, strict=True)
        export.write_text(f"recordings_{part}.jsonl", _lines(recordings))
        export.write_text(f"supervisions_{part}.jsonl", _lines(supervisions))
        export.write_text(f"cuts_{part}.jsonl", _lines(_cut(recording, said) for recording, said in both))
    return LOADING


def _recording(export: Export, clip: Clip) -> dict[str, Any]:
    path = export.place(clip, "wavs")
    header = info(export.root / path)
    frames = round((header.duration_s or clip.duration_s) * header.sample_rate)
    return {
        "id": clip.id,
        "sources": [{"type": "file", "channels": [0], "source": path}],
        "sampling_rate": header.sample_rate,
        "num_samples": frames,
        "duration": frames / header.sample_rate,
        "channel_ids": [0],
    }


def _supervision(export: Export, clip: Clip, recording: Mapping[str, Any]) -> dict[str, Any]:
    supervision = {
        "id": clip.id, "recording_id": clip.id, "start": 0.0, "duration": recording["duration"], "channel": 0,
        "text": clip.text, "language": clip.language, "speaker": export.speaker(clip), "alignment": _alignment(clip),
    }  # fmt: skip
    return {name: value for name, value in supervision.items() if value not in ("", {})}


def _alignment(clip: Clip) -> dict[str, list[tuple[str, float, float, float]]]:
    """Give the words as Lhotse's AlignmentItem: symbol, start, duration, score; none where a person wrote the text."""
    said = "".join(word.text for word in clip.words)
    if not said or said != "".join(clip.text.split()):
        return {}
    times = [(word.text, word.start_s, round(word.end_s - word.start_s, 3), word.confidence) for word in clip.words]
    return {"word": times}


def _cut(recording: Mapping[str, Any], supervision: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": recording["id"], "start": 0.0, "duration": recording["duration"], "channel": 0,
        "supervisions": [supervision], "recording": recording, "type": "MonoCut",
    }  # fmt: skip


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
