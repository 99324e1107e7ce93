"""CSV as RFC 4180 has it, for spreadsheets and pandas."""

from __future__ import annotations

import csv
import io

from audiokit.dataset.clip import Clip
from audiokit.dataset.exports.export import Export

LOADING = """## Loading

One CSV file a part, UTF-8, with a heading; `path` counts from this folder, times are in seconds.

    import pandas
    table = pandas.read_csv("train.csv", keep_default_na=False)"""


def write(export: Export) -> str:
    """Write clips/ and one CSV file a part."""
    for part, clips in export.parts.items():
        text = io.StringIO(newline="")
        rows = [row_of(clip, export.place(clip, "clips"), export.speaker(clip)) for clip in clips]
        table = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        export.write_text(f"{part}.csv", text.getvalue())
    return LOADING


def row_of(clip: Clip, path: str, speaker: str) -> dict[str, object]:
    """Give what is worth knowing of a clip outside its dataset: its place, what is said, where it is from, how good.

    Parameters
    ----------
    clip : kept.
    path : of the exported file.
    speaker : what to call who speaks.
    """
    return {
        "path": path, "text": clip.text, "language": clip.language, "speaker": speaker,
        "duration_s": clip.duration_s, "source": clip.source, "start_s": clip.start_s, "end_s": clip.end_s,
        "snr_db": clip.snr_db, "lufs": clip.lufs, "quality": clip.quality,
    }  # fmt: skip
