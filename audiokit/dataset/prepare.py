"""From recordings to a dataset."""

from __future__ import annotations

import os
from collections.abc import Sequence

from audiokit.dataset.engine import EngineName, RayCluster, open_engine
from audiokit.dataset.journal import Journal
from audiokit.dataset.manifest import Dataset
from audiokit.dataset.mirror import brought, layout_of, written
from audiokit.dataset.overview import why_empty
from audiokit.dataset.planned import Planned
from audiokit.dataset.preparation import Preparation
from audiokit.dataset.recordings import find_recordings
from audiokit.dataset.settings import PrepSettings
from audiokit.dataset.store import shown
from audiokit.errors import AudioFileError, DatasetError
from audiokit.progress import Progress


def prepare(
    sources: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    settings: PrepSettings,
    *,
    jobs: int | None,
    strict: bool,
    progress: Progress,
    engine: EngineName | RayCluster = "local",
    work: str | os.PathLike[str] | None = None,
) -> Dataset:
    """Make or continue a dataset; see `audiokit.api.prep`."""
    layout = layout_of(out, work)
    layout.check()
    found = find_recordings(sources, out, layout.root)
    if not found:
        named = ", ".join(shown(str(source)) for source in sources) or "an empty list"
        raise AudioFileError(
            f"no recordings in {named}. Is the disk there? Name files, or folders that hold some.",
            reason="missing",
        )
    with written(layout, out) as journal, open_engine(engine, jobs) as pool:
        run = Preparation(
            layout=layout, settings=settings, pool=pool, journal=journal, strict=strict, progress=progress
        )
        run.make(found)
        del run  # its rows need not stay while the dataset is read back
    dataset = Dataset.open(layout.root)
    if not len(dataset):
        raise DatasetError(why_empty(dataset))
    return dataset


def plan(
    sources: Sequence[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    settings: PrepSettings,
    *,
    jobs: int | None,
    engine: EngineName | RayCluster = "local",
    work: str | os.PathLike[str] | None = None,
) -> list[Planned]:
    """Say what `prepare` would do, writing nothing; a dataset behind an address is brought here for it."""
    layout = layout_of(out, work)
    layout.check()
    found = find_recordings(sources, out, layout.root)
    brought(layout, out)
    with open_engine(engine, jobs) as pool:
        journal = Journal(layout.journal)
        return Preparation(layout=layout, settings=settings, pool=pool, journal=journal, dry_run=True).plan(found)
