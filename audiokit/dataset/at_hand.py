"""A dataset for whoever needs clips: one that is there already, or one made of recordings for the moment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from audiokit.dataset.layout import Layout
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.prepare import prepare
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.store import Store, is_address
from audiokit.errors import DatasetError
from audiokit.progress import SILENT, Progress

Place = str | os.PathLike[str]
Sources = Place | Dataset | Sequence[Place]
"""A dataset, its folder, or recordings: files, folders, globs."""


@contextmanager
def at_hand(
    sources: Sources, settings: PrepSettings, *, jobs: int | None = None, progress: Progress = SILENT
) -> Iterator[Dataset]:
    """Open a dataset, or prepare recordings; what is made here vanishes at the end of the `with` block.

    Parameters
    ----------
    sources : see `Sources`.
    settings : how recordings are prepared; a dataset stays as it is.
    jobs, progress : see `prepare`.

    Raises
    ------
    AudioFileError, DatasetError, ConfigError, MissingDependencyError : see `prepare` and `Dataset.open`.
    """
    if isinstance(sources, (str, os.PathLike)) and is_dataset(sources):
        sources = Dataset.open(sources)
    if isinstance(sources, Dataset):
        yield sources
        return
    several = [sources] if isinstance(sources, (str, os.PathLike)) else list(sources)
    with TemporaryDirectory(prefix="audiokit-") as folder:
        yield _prepared(several, Path(folder) / "dataset", settings, jobs, progress)


def is_dataset(place: Place) -> bool:
    """Tell whether a finished dataset lies there; anything else is recordings, or nothing."""
    if is_address(place):
        return Store(os.fspath(place)).read("dataset.json") is not None
    return Layout(Path(place)).summary.exists()


def _prepared(
    several: Sequence[Place], root: Path, settings: PrepSettings, jobs: int | None, progress: Progress
) -> Dataset:
    """Prepare recordings; clips that were all refused are for the caller to judge, who knows what they are for."""
    try:
        return prepare(several, root, settings, jobs=jobs, strict=False, progress=progress)
    except DatasetError:
        if not Layout(root).summary.exists():
            raise
        dataset = Dataset.open(root)
        if not dataset.clips:
            raise
        return dataset


def named(sources: Sources) -> str:
    """Give the words for `sources` in a message."""
    if isinstance(sources, Dataset):
        return str(sources.root)
    several = [sources] if isinstance(sources, (str, os.PathLike)) else sources
    return ", ".join(os.fspath(source) for source in several)
