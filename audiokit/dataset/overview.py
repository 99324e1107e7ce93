"""What became of a `Dataset`'s recordings, at a glance: as a notebook shows it, and why nothing did."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING

from audiokit.progress import clock_face

if TYPE_CHECKING:
    from audiokit.dataset.manifest import Dataset, Source

HEADINGS = ("recording", "length", "speech", "loudness", "kept", "refused", "remark")


def to_html(dataset: Dataset) -> str:
    """Write a caption and a table with a row a recording, in HTML that stands alone.

    Parameters
    ----------
    dataset : any, an empty one too.
    """
    names = _short([source.name for source in dataset.sources])
    facts = [(name, *_facts(source)) for name, source in zip(names, dataset.sources, strict=True)]
    rows = "\n".join(_row(cells, "td") for cells in facts)
    return f"<table>\n<caption>{_caption(dataset)}</caption>\n{_row(HEADINGS, 'th')}\n{rows}\n</table>"


def _caption(dataset: Dataset) -> str:
    total = dataset.totals
    refused = f", {total['clips'] - total['kept']} refused" if total["clips"] > total["kept"] else ""
    return f"{escape(dataset.root.name)}: {total['kept']} clips, {clock_face(total['kept_s'])}{refused}"


def _facts(source: Source) -> Sequence[str]:
    if source.skipped:
        return ("", "", "", "", "", f"skipped: {source.skipped}")
    loudness = "" if source.lufs is None else f"{source.lufs:.1f} LUFS"
    times = (clock_face(source.duration_s), clock_face(source.speech_s))
    return (*times, loudness, str(source.kept), str(source.refused), source.message)


def _short(names: Sequence[str]) -> list[str]:
    """Leave out the folders that all recordings share."""
    paths = [name.split("/") for name in names]
    levels = zip(*(folders for *folders, _ in paths), strict=False)
    shared = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, levels))
    return ["/".join(path[shared:]) for path in paths]


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f'<{tag} style="text-align: left">{escape(cell)}</{tag}>' for cell in cells) + "</tr>"


def why_empty(dataset: Dataset) -> str:
    """Say why a dataset has no clip, and what may help."""
    total = dataset.totals
    refused = ", ".join(f"{name}: {row['clips']}" for name, row in total["refused"].items())
    skipped = ", ".join(f"{name}: {count}" for name, count in total["skipped"].items())
    found = "; ".join(filter(None, [f"skipped recordings ({skipped})" if skipped else "",
                                    f"refused clips ({refused})" if refused else ""])) or "no speech found"  # fmt: skip
    return (
        f"nothing usable came out of {total['recordings']} recordings: {found}. "
        f"Every reason with its number is in {dataset.root / 'manifest.jsonl'} and dataset.json; lower the threshold "
        "that refuses too much, or give other recordings."
    )
