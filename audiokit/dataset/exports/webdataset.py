"""WebDataset's shards: tar files in which each clip is a pair of files, read from the first to the last."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Sequence

from audiokit.dataset.clip import Clip
from audiokit.dataset.exports.export import Export
from audiokit.dataset.exports.table import row_of

SHARD_BYTES = 500_000_000  # WebDataset's authors advise 100 MB to 1 GB

LOADING = """## Loading

    import webdataset
    clips = webdataset.WebDataset("train-000000.tar", shardshuffle=False).decode()
    for clip in clips:
        print(clip["__key__"], clip["json"]["text"], len(clip["wav"]))    # the bytes of a WAV file

Several shards are named together: `train-{000000..000012}.tar`."""


def write(export: Export) -> str:
    """Write shards of `ID.wav` and `ID.json`, one set a part."""
    for part, clips in export.parts.items():
        for number, shard in enumerate(_shards(clips)):
            with tarfile.open(export.root / f"{part}-{number:06}.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
                for clip in shard:
                    _add(tar, clip, export)
    return LOADING


def _shards(clips: Sequence[Clip]) -> Iterator[list[Clip]]:
    """Cut where the sound, at two bytes a frame, would grow beyond a shard."""
    shard: list[Clip] = []
    size = 0.0
    for clip in clips:
        size += 2 * clip.duration_s * clip.sample_rate
        if shard and size > SHARD_BYTES:
            yield shard
            shard, size = [], 2 * clip.duration_s * clip.sample_rate
        shard.append(clip)
    yield shard


def _add(tar: tarfile.TarFile, clip: Clip, export: Export) -> None:
    path = export.root / export.place(clip, "wavs")
    row = row_of(clip, f"{clip.id}.wav", export.speaker(clip))
    key = clip.id.replace(".", "_")  # what follows the first dot is the kind of file
    for name, data in ((f"{key}.wav", path.read_bytes()), (f"{key}.json", json.dumps(row).encode())):
        member = tarfile.TarInfo(name)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    path.unlink()
    if not any(path.parent.iterdir()):
        path.parent.rmdir()
