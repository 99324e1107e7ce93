"""Is a dataset still what its manifest says? Every clip's file is read and compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audiokit.audio.files import info, read
from audiokit.dataset.clip import Clip
from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.disk import file_sha256
from audiokit.errors import AudioFileError
from audiokit.progress import SILENT, Progress

Fault = Literal["missing", "changed", "unreadable", "duration", "format", "unknown"]
"""What can be wrong with a file; "unknown" is one that no line of the manifest names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One file that is not as the manifest says."""

    path: str
    """From the dataset's folder."""
    fault: Fault
    """What is wrong, in a word."""
    message: str
    """What was found and what was expected."""


def verify(dataset: Dataset, *, progress: Progress = SILENT) -> list[Problem]:
    """Compare every clip's file with its line in the manifest, and look for files that have none.

    Parameters
    ----------
    dataset : opened.
    progress : called with a clip's id and seconds of audio, done and in all.

    Returns
    -------
    Problems in the manifest's order, then unknown files; empty when all is well.
    """
    done_s, total_s = 0.0, sum(clip.duration_s for clip in dataset.kept)
    problems: list[Problem] = []
    for clip in dataset.kept:
        problems += _faults(clip, dataset.path(clip))
        done_s += clip.duration_s
        progress(clip.id, done_s, total_s)
    known = {dataset.path(clip) for clip in dataset.kept}
    for path in sorted(Layout(dataset.root).clips.glob("*")):
        if path not in known:
            told = "no line of manifest.jsonl names it; expected one. Move it away, or run the same prep again."
            problems.append(Problem(path=path.relative_to(dataset.root).as_posix(), fault="unknown", message=told))
    return problems


def _faults(clip: Clip, path: Path) -> Iterator[Problem]:
    def problem(fault: Fault, message: str) -> Problem:
        return Problem(path=str(clip.path), fault=fault, message=message)

    if not path.is_file():
        yield problem("missing", "the file is not there; run the same prep again to make it.")
        return
    found = file_sha256(path)
    if clip.sha256 and found != clip.sha256:
        yield problem("changed", f"its SHA-256 begins with {found[:12]}, the manifest's with {clip.sha256[:12]}.")
    try:
        header, audio = info(path), read(path)
    except AudioFileError as error:
        yield problem("unreadable", str(error))
        return
    if (audio.sample_rate, audio.channels, header.format) != (clip.sample_rate, 1, path.suffix.removeprefix(".")):
        has = f"{header.format}, {audio.sample_rate} Hz, {audio.channels} channels"
        yield problem("format", f"it is {has}; expected {path.suffix[1:]}, {clip.sample_rate} Hz, 1 channel.")
    elif audio.frames != round(clip.duration_s * clip.sample_rate):
        yield problem("duration", f"it lasts {audio.duration_s:.3f} s; expected {clip.duration_s:.3f} s.")
