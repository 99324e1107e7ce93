"""The verbs: what the shell's commands call, and notebooks too."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from audiokit.progress import SILENT, Progress

if TYPE_CHECKING:
    from audiokit.analysis.report import Report
    from audiokit.audio.buffer import Audio
    from audiokit.audio.files import FileInfo
    from audiokit.dataset.manifest import Dataset
    from audiokit.dataset.settings import PrepSettings


def prep(
    sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    settings: PrepSettings | None = None,
    *,
    jobs: int | None = None,
    strict: bool = False,
    progress: Progress = SILENT,
) -> Dataset:
    """Turn recordings into a dataset of clips fit for cloning a voice or training one.

    Each recording is decoded once, in memory that does not grow with its length; speech is found by a neural
    detector, cut in pauses, measured, judged, brought to one loudness, and written with a manifest. An interrupted
    call goes on where it stopped when it is made again; the result is the same to the byte, whatever `jobs`.

    Parameters
    ----------
    sources : a file, a folder (searched whole) or a glob, or several of them.
    out : folder of the dataset; new, empty, or one of an earlier call.
    settings : how to prepare; `PrepSettings()` by default.
    jobs : worker processes; by default one a processor core.
    strict : stop at the first recording that cannot be used, instead of noting it and going on.
    progress : called with a label and seconds of audio, done and in all.

    Returns
    -------
    Dataset : opened from `out`.

    Raises
    ------
    AudioFileError : a source is not there; with `strict`, also the first recording that cannot be used.
    DatasetError : `out` is no place for a dataset, another call writes it, the disk is full, or nothing usable came
        out.
    ConfigError : a detector or recognizer of an unknown name.
    MissingDependencyError : the detector or recognizer is not installed.
    """
    from audiokit.dataset.prepare import prepare
    from audiokit.dataset.settings import PrepSettings

    several = [sources] if isinstance(sources, (str, os.PathLike)) else list(sources)
    return prepare(several, out, settings or PrepSettings(), jobs=jobs or cores(), strict=strict, progress=progress)


def analyze(
    source: str | os.PathLike[str] | Audio,
    *,
    ask: Collection[str] = (),
    plot: str | os.PathLike[str] | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Measure a recording: levels, loudness, noise, pitch, timbre, and what each part of it is.

    Decodes once, block by block: 3 hours take no more memory than 3 minutes. Without the extra `offline` speech is
    not told from other sound; the report's notes say so. A recording whose end is missing is measured as far as it
    goes, with a note.

    Parameters
    ----------
    source : a file, or audio in memory.
    ask : what costs more, by name. "tempo", "beats", "onsets": 3 s and 250 MB for librosa, then 2,000 x real time
        and more; "pyin": pitch by pYIN instead of YIN, 14 x real time; "mos": opinion scores by DNSMOS, 10 x.
    plot : a PNG to draw: waveform with segments, log-mel spectrogram, pitch, loudness.
    progress : called with the name and seconds of audio, done and in all.

    Raises
    ------
    AudioFileError : cannot be read, or holds no sound; or the picture cannot be written.
    MissingDependencyError : what was asked for is not installed: the extras are `analysis` and `plot`.
    """
    from audiokit.analysis.report import analyze

    return analyze(source, ask=ask, plot=plot, progress=progress)


def info(path: str | os.PathLike[str]) -> FileInfo:
    """Look at a recording's header only.

    Parameters
    ----------
    path : a recording.

    Raises
    ------
    AudioFileError : missing, or no recording.
    """
    from audiokit.audio.files import info

    return info(path)


def cores() -> int:
    """Count the processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
