"""The layout of LJSpeech 1.1, which almost every trainer of voices reads."""

from __future__ import annotations

from audiokit.dataset.exports.export import Export

LOADING = """## Loading

`metadata.csv` has a line `id|text|normalized text` for each clip, the clips lie in `wavs/ID.wav`.
`train.txt`, `validation.txt` and `test.txt` hold the same lines, by part."""


def write(export: Export) -> str:
    """Write wavs/, metadata.csv, and one list a part."""
    everything = []
    for part, clips in export.parts.items():
        for clip in clips:
            export.place(clip, "wavs")
        lines = [f"{clip.id}|{plain(clip.text)}|{plain(clip.text)}\n" for clip in clips]
        export.write_text(f"{part}.txt", "".join(lines))
        everything += lines
    export.write_text("metadata.csv", "".join(sorted(everything)))
    return LOADING


def plain(text: str) -> str:
    """Make a text fit for one column of a line: the formats know no quoting."""
    return " ".join(text.replace("|", " ").replace('"', "").split())
